import { readdir, utimes } from "node:fs/promises";
import { join } from "node:path";

const everyMs = 3_600_000; // cleaners take what nobody has used for a day or more

/**
 * Keeps cleaners of temporary files off a folder that is in use, until what it returns is called.
 * systemd-tmpfiles removes what is ten days old, also the runtime socket of an HAProxy that runs: it
 * was bound under another name.
 */
export function keepFresh(folder: string): () => void {
  const touching = setInterval(() => void freshen(folder), everyMs).unref();
  return () => clearInterval(touching);
}

/** Says of the folder, and of all in it, that it was used just now; whatever allows that. */
export async function freshen(folder: string): Promise<void> {
  const now = new Date();
  const names = await readdir(folder).catch(() => []);
  for (const path of [folder, ...names.map((name) => join(folder, name))]) {
    await utimes(path, now, now).catch(() => undefined);
  }
}
