import path from "node:path";
import type { OldFile } from "@causeway/client";
import { folderStore } from "@causeway/client/node";
import { CausewayError } from "@causeway/kernel";

export interface OldFiles {
  readonly files: readonly OldFile[];
  close(): Promise<void>;
}

/** Opens what can be opened: an old file that is missing only costs bytes, so it is a warning. */
export async function openOldFiles(
  names: readonly string[],
  warn: (why: string) => void,
): Promise<OldFiles> {
  const files: OldFile[] = [];
  for (const name of names) {
    try {
      const handle = await folderStore(path.dirname(name)).open(path.basename(name), "read");
      files.push({ handle, length: await handle.length() });
    } catch (error) {
      if (!(error instanceof CausewayError)) throw error;
      warn(`going on without ${name}: ${error.message}`);
    }
  }
  return {
    files,
    async close() {
      for (const file of files) await file.handle.close();
    },
  };
}
