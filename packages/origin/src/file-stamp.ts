import { stat } from "node:fs/promises";

/** Changes when the file may have changed. @throws what the file system throws */
export async function fileStamp(file: string): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
  return [dev, ino, size, mtimeNs, ctimeNs].join("-");
}
