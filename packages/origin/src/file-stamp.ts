import { stat } from "node:fs/promises";
import { isMissing, toHostError } from "@causeway/client/internal/host-error";

/** Changes when the file may have changed. @throws what the file system throws */
export async function fileStamp(file: string): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
  return [dev, ino, size, mtimeNs, ctimeNs].join("-");
}

/** The same; undefined while there is no such file. @throws {HostError} */
export async function stampIfThere(file: string): Promise<string | undefined> {
  try {
    return await fileStamp(file);
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw toHostError(cause, `look at ${file}`);
  }
}
