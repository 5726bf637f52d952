import { join } from "node:path";
import type { Sha256 } from "@causeway/kernel";
import { copyDurably } from "../disk/copy.ts";
import { digestOfFile } from "../disk/digest.ts";
import {
  fileLength,
  filesBelow,
  makeFolder,
  moveDurably,
  readFileUpTo,
  removeFile,
  removeTree,
  scratchName,
  writeScratch,
} from "../disk/files.ts";
import { realPlace } from "../disk/real-place.ts";
import type { CarrierActs, Source } from "./carrier.ts";
import type { TreeFile } from "./tree.ts";

/**
 * Writes the tree to a folder: a web server's, a mounted share, a USB stick. Its acts take as long
 * as the file system does; `onAlive` is called each time that some bytes got on.
 */
export class FolderCarrier implements CarrierActs {
  readonly #folder: string;
  readonly #scratch: string;
  readonly #onAlive: () => void;

  constructor(folder: string, onAlive: () => void) {
    this.#folder = folder;
    this.#scratch = join(folder, ".causeway-incoming"); // a dot: no web server of ours shows it
    this.#onAlive = onAlive;
  }

  place(): Promise<string> {
    return realPlace(this.#folder);
  }

  async prepare(): Promise<void> {
    await removeTree(this.#scratch);
    await makeFolder(this.#scratch);
  }

  length(path: string): Promise<number | undefined> {
    return fileLength(join(this.#folder, path));
  }

  sha256(path: string): Promise<Sha256> {
    return digestOfFile(join(this.#folder, path), this.#onAlive);
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
    else await copyDurably(source.path, scratch, this.#onAlive);
    if ((await digestOfFile(scratch, this.#onAlive)) !== file.sha256) return false; // `finish` removes it
    await moveDurably(scratch, path);
    return true;
  }

  async fetch(file: TreeFile, to: string): Promise<boolean> {
    if ((await this.length(file.path)) !== file.length) return false;
    await copyDurably(join(this.#folder, file.path), to, this.#onAlive);
    return (await digestOfFile(to, this.#onAlive)) === file.sha256;
  }

  async list(): Promise<readonly string[]> {
    const paths: string[] = [];
    for (const area of ["metadata", "targets"]) {
      for (const name of await filesBelow(join(this.#folder, area))) paths.push(`${area}/${name}`);
      this.#onAlive();
    }
    return paths;
  }

  async remove(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      await removeFile(join(this.#folder, path));
      this.#onAlive();
    }
  }

  async finish(): Promise<void> {
    await removeTree(this.#scratch);
  }
}
