import { stat } from "node:fs/promises";

/** What is told of a secret that others on this machine can read; undefined for any other file. */
export async function sharedSecret(file: string): Promise<string | undefined> {
  if (process.platform === "win32") return undefined; // modes say nothing there
  // One that is missing is told by whoever reads it.
  const mode = (await stat(file).catch(() => undefined))?.mode ?? 0;
  if ((mode & 0o077) === 0) return undefined;
  return `others on this machine can read ${file}; run: chmod 600 ${file}`;
}
