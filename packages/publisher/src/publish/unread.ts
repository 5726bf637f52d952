import { join } from "node:path";
import { makeFolder, readFileUpTo, removeTree, writeDurably } from "../disk/files.ts";
import type { VendorFolder } from "../vendor-folder.ts";

const bytesMax = 256 * 1024 * 1024; // a million paths

/**
 * The names of files that a carrier is sent, kept from before the first is sent until all were read
 * back. A server may have given a file its name when a kill came before it was read back: by name
 * and length alone it would pass for right in the next run.
 */
export class Unread {
  readonly #folder: VendorFolder;
  readonly #path: string;

  constructor(folder: VendorFolder, carrierId: string) {
    this.#folder = folder;
    this.#path = join(folder.unread, carrierId);
  }

  /** Those of a run that did not come to its end. */
  async names(): Promise<ReadonlySet<string>> {
    const bytes = await readFileUpTo(this.#path, bytesMax);
    return new Set(bytes && Buffer.from(bytes).toString("utf8").split("\n"));
  }

  /** On the disk when it resolves. */
  async keep(names: readonly string[]): Promise<void> {
    await makeFolder(this.#folder.unread);
    const bytes = Buffer.from(names.join("\n"));
    const scratch = join(this.#folder.repository, ".incoming"); // of whoever carries
    await writeDurably({ path: this.#path, bytes }, { scratch });
  }

  async forget(): Promise<void> {
    await removeTree(this.#path);
  }
}
