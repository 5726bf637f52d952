import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { errnoOf, isMissing } from "./host-error.ts";

/**
 * Makes a folder and those above it that are missing. Not by the recursive mkdir of Node.js, which
 * never ends where the system will not have a folder and calls that missing, as in /proc.
 * @returns what was missing, the outermost first
 * @throws the operating system's error
 */
export async function makeFolders(folder: string, mode?: number): Promise<readonly string[]> {
  const missing: string[] = [];
  for (let at = folder; !(await isFolder(at)); at = dirname(at)) {
    missing.unshift(at);
    if (at === dirname(at)) break; // a drive that is not there
  }
  for (const each of missing) await makeOne(each, mode);
  return missing;
}

async function makeOne(folder: string, mode: number | undefined): Promise<void> {
  try {
    await mkdir(folder, { mode });
  } catch (error) {
    // Another process may have been quicker.
    if (errnoOf(error) !== "EEXIST" || !(await isFolder(folder))) throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
