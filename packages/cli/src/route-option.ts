import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";

/** Each `--route` of one command, as commander collects them. */
export function collectRoutes(value: string, earlier: readonly string[] | undefined): string[] {
  return [...(earlier ?? []), routeUrl(value)];
}

/** The URL of a route that a person named by its URL, or by the path of a file or folder here. */
export function routeUrl(text: string): string {
  const hasScheme = /^[a-z][a-z0-9+.-]+:/i.test(text); // one letter is a drive
  const isHere = existsSync(text) || existsSync(`${text}.001`); // a bundle's first part
  return !hasScheme && isHere ? pathToFileURL(text).href : text;
}
