import { constants } from "node:fs";
import { copyFile, open } from "node:fs/promises";
import { join } from "node:path";
import { toHostError } from "@causeway/client/internal/host-error";
import type { Sha256 } from "@causeway/kernel";
import { digestOfFile } from "../disk/digest.ts";
import {
  fileLength,
  makeFolder,
  moveDurably,
  readFileUpTo,
  removeTree,
  scratchName,
  writeScratch,
} from "../disk/files.ts";
import type { Carrier, Source } from "./carrier.ts";
import type { TreeFile } from "./tree.ts";

/** Writes the tree to a folder: a web server's, a mounted share, a USB stick. */
export class FolderCarrier implements Carrier {
  readonly id: string;
  readonly #folder: string;
  readonly #scratch: string;

  constructor(id: string, folder: string) {
    this.id = id;
    this.#folder = folder;
    this.#scratch = join(folder, ".causeway-incoming"); // a dot: no web server of ours shows it
  }

  async prepare(): Promise<void> {
    await removeTree(this.#scratch);
    await makeFolder(this.#scratch);
  }

  length(path: string): Promise<number | undefined> {
    return fileLength(join(this.#folder, path));
  }

  sha256(path: string): Promise<Sha256> {
    return digestOfFile(join(this.#folder, path));
  }

  async read(path: string, lengthMax: number): Promise<Uint8Array | undefined> {
    const length = await this.length(path);
    if (length === undefined || length > lengthMax) return undefined;
    return readFileUpTo(join(this.#folder, path), lengthMax);
  }

  async write(file: TreeFile, source: Source): Promise<boolean> {
    const path = join(this.#folder, file.path);
    const scratch = scratchName(this.#scratch, path);
    if (source.kind === "bytes") await writeScratch({ path: scratch, bytes: source.bytes });
    else await copyDurably(source.path, scratch);
    if ((await digestOfFile(scratch)) !== file.sha256) return false; // `finish` removes it
    await moveDurably(scratch, path);
    return true;
  }

  async fetch(file: TreeFile, to: string): Promise<boolean> {
    if ((await this.length(file.path)) !== file.length) return false;
    await copyDurably(join(this.#folder, file.path), to);
    return (await digestOfFile(to)) === file.sha256;
  }

  async finish(): Promise<void> {
    await removeTree(this.#scratch);
  }
}

/** Copies the file; the copy is on the disk when this resolves. @throws {HostError} */
export async function copyDurably(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
    const handle = await open(to, "r+");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw toHostError(cause, `copy ${from} to ${to}`);
  }
}
