import { randomBytes } from "node:crypto";
import { chmod, open, rename, rm } from "node:fs/promises";

/** Replaces the file as one step. @throws what the file system throws */
export async function replaceFile(file: string, text: string, mode: number): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await using handle = await open(temporary, "wx", mode);
    await handle.writeFile(text);
    await handle.sync();
    await chmod(temporary, mode); // whatever the umask
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cause;
  }
}
