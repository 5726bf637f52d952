import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

export interface TempFolder {
  readonly path: string;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function tempFolder(): Promise<TempFolder> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "causeway-client-"));
  return {
    path: folder,
    [Symbol.asyncDispose]: () => fs.rm(folder, { recursive: true, force: true }),
  };
}
