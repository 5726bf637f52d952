import { existsSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { UsageError } from "@causeway/kernel";

/** Each `--route` of one command, as commander collects them. */
export function collectRoutes(value: string, earlier: readonly string[] | undefined): string[] {
  return [...(earlier ?? []), routeUrl(value)];
}

/** True of what is written as a path, and of what lies here: a stick may be put in later. */
function isPath(text: string): boolean {
  const isHere = existsSync(text) || existsSync(`${text}.001`); // a bundle's first part
  return isHere || /^(?:\.{0,2}[/\\]|[a-z]:[/\\])/i.test(text);
}

/** The URL of a route that a person named by its URL, or by the path of a file or folder here. */
export function routeUrl(text: string): string {
  const hasScheme = /^[a-z][a-z0-9+.-]+:/i.test(text); // one letter is a drive
  return !hasScheme && isPath(text) ? pathToFileURL(text).href : text;
}

/**
 * The path of a file here that a person named by it, or by its URL as a route.
 * @throws {UsageError} the URL leads to no path of this machine
 */
export function pathHere(text: string): string {
  if (!/^file:/i.test(text)) return text;
  try {
    return fileURLToPath(text);
  } catch (cause) {
    const what = `${text} names no file of this machine; write file:///…, or its path`;
    throw new UsageError("USAGE_ARGUMENT", `${what}.`, { cause });
  }
}
