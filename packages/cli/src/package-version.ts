import { readFileSync } from "node:fs";
import { packageFolder } from "./package-folder.ts";

/** The version of the installed package, from its package.json. */
export function packageVersion(): string {
  const text = readFileSync(new URL("package.json", packageFolder), "utf8");
  const parsed: unknown = JSON.parse(text);
  return parsed instanceof Object && "version" in parsed ? String(parsed.version) : "unknown";
}
