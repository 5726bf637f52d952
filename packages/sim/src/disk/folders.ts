import type { Dice } from "../dice.ts";
import { DiskFile } from "./disk-file.ts";

/** Which file has which name: as programs see it, and as it would be if the power went now. */
export class Folders {
  readonly #seen = new Map<string, DiskFile>();
  #durable = new Map<string, DiskFile>();

  get(name: string): DiskFile | undefined {
    return this.#seen.get(name);
  }

  /** Full names, sorted. */
  names(): readonly string[] {
    return [...this.#seen.keys()].toSorted();
  }

  /** Names directly in a folder, without it, sorted. */
  list(folder: string): readonly string[] {
    const start = folder === "" ? "" : `${folder}/`;
    const within = this.names().filter((name) => name.startsWith(start));
    return within.map((name) => name.slice(start.length)).filter((name) => !name.includes("/"));
  }

  /** Makes an empty file; its name may be lost until its folder is synced. */
  create(name: string): DiskFile {
    const file = new DiskFile();
    this.#seen.set(name, file);
    return file;
  }

  /** A whole new file under the name, on the platter. */
  replace(name: string, bytes: Uint8Array): void {
    this.#seen.set(name, new DiskFile(bytes));
    this.syncFolderOf(name);
  }

  /** The name is on the platter then; whether the bytes are is up to who wrote them. */
  rename(from: string, to: string, file: DiskFile): void {
    this.#seen.delete(from);
    this.#seen.set(to, file);
    this.syncFolderOf(to);
    this.syncFolderOf(from);
  }

  /** It may come back until its folder is synced. */
  remove(name: string): void {
    this.#seen.delete(name);
  }

  syncFolderOf(name: string): void {
    const folder = folderOf(name);
    for (const each of this.#durable.keys()) {
      if (folderOf(each) === folder && !this.#seen.has(each)) this.#durable.delete(each);
    }
    for (const [each, file] of this.#seen) {
      if (folderOf(each) === folder) this.#durable.set(each, file);
    }
  }

  /** The name of an open file, if it still has one. */
  nameOf(file: DiskFile): string | undefined {
    for (const [name, each] of this.#seen) if (each === file) return name;
    return undefined;
  }

  losePower(dice: Dice): void {
    for (const name of new Set([...this.#durable.keys(), ...this.#seen.keys()])) {
      const [old, seen] = [this.#durable.get(name), this.#seen.get(name)];
      if (old === seen) continue;
      // Not synced: the platter may have it either way.
      const kept = dice.chance(1, 2) ? old : seen;
      if (kept === undefined) this.#durable.delete(name);
      else this.#durable.set(name, kept);
    }
    this.#seen.clear();
    for (const [name, file] of this.#durable) {
      file.losePower(dice);
      this.#seen.set(name, file);
    }
    this.#durable = new Map(this.#seen);
  }
}

function folderOf(name: string): string {
  return name.slice(0, name.lastIndexOf("/") + 1);
}
