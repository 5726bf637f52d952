import { type FileHandle, HostError, type Store } from "@causeway/kernel";
import type { Dice } from "../dice.ts";
import type { Life } from "../life.ts";
import type { Disk } from "./disk.ts";
import type { DiskFile } from "./disk-file.ts";
import { OpenDiskFile } from "./open-disk-file.ts";

const roomWhenFull = 10_000;
const roomWhenNot = 1e12;

/** One folder of a disk, as one run of a program uses it. */
export class DiskStore implements Store {
  readonly #disk: Disk;
  readonly #life: Life;
  readonly #folder: string;
  readonly #open = new Set<DiskFile>();

  /** @param folder without a slash at the end */
  constructor(disk: Disk, life: Life, folder: string) {
    this.#disk = disk;
    this.#life = life;
    this.#folder = folder;
  }

  async read(name: string, lengthMax: number): Promise<Uint8Array | undefined> {
    const path = this.#path(name);
    return await this.#disk.operate(this.#life, "access", () => {
      const bytes = this.#disk.folders.get(path)?.bytes.slice();
      if (bytes === undefined || bytes.length <= lengthMax) return bytes;
      throw new HostError("HOST_CORRUPT_STATE", `${name}: is longer than ${lengthMax} bytes`);
    });
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    const path = this.#path(name);
    const replace = (): void => {
      this.#disk.folders.replace(path, bytes);
      this.#disk.onChange(path);
    };
    await this.#disk.operate(
      this.#life,
      "sync",
      () => {
        this.#requireRoom(name);
        replace();
      },
      (dice) => {
        if (!this.#disk.full && dice.chance(1, 2)) replace();
      },
    );
  }

  async open(name: string, mode: "read" | "create"): Promise<FileHandle> {
    const path = this.#path(name);
    return await this.#disk.operate(this.#life, "access", () => {
      const { folders } = this.#disk;
      let file = folders.get(path);
      if (file === undefined) {
        if (mode === "read") throw missing(name);
        this.#requireRoom(name);
        file = folders.create(path);
        this.#disk.onChange(path);
      }
      const own = file;
      this.#open.add(own);
      return new OpenDiskFile(this.#disk, this.#life, own, path, () => this.#open.delete(own));
    });
  }

  async rename(from: string, to: string): Promise<void> {
    const [source, target] = [this.#path(from), this.#path(to)];
    const move = (): void => {
      const file = this.#disk.folders.get(source);
      if (file === undefined) throw missing(from);
      const replaced = this.#disk.folders.get(target);
      if (this.#disk.strict && replaced !== undefined && this.#open.has(replaced)) {
        throw new HostError("HOST_DENIED", `${to}: is open, and cannot be replaced`);
      }
      this.#disk.folders.rename(source, target, file);
      this.#disk.onChange(target);
    };
    const cutOff = (dice: Dice): void => {
      if (this.#disk.folders.get(source) !== undefined && dice.chance(1, 2)) move();
    };
    await this.#disk.operate(this.#life, "sync", move, cutOff);
  }

  async remove(name: string): Promise<void> {
    const path = this.#path(name);
    const remove = (): void => {
      this.#disk.folders.remove(path);
      this.#disk.onChange(path);
    };
    await this.#disk.operate(this.#life, "access", remove, (dice) => {
      if (dice.chance(1, 2)) remove();
    });
  }

  async list(name: string): Promise<readonly string[]> {
    const path = name === "" ? this.#folder : this.#path(name);
    return await this.#disk.operate(this.#life, "access", () => this.#disk.folders.list(path));
  }

  async freeBytes(): Promise<number | undefined> {
    return await this.#disk.operate(this.#life, "access", () => {
      if (!this.#disk.tellsRoom) return undefined;
      return this.#disk.full ? roomWhenFull : roomWhenNot;
    });
  }

  #requireRoom(name: string): void {
    if (this.#disk.full) throw new HostError("HOST_FULL", `${name}: the disk is full`);
  }

  /** @throws {HostError} `HOST_DENIED` on a name that would leave the folder */
  #path(name: string): string {
    const fits = name.split("/").every((part) => part !== "" && part !== "." && part !== "..");
    if (fits && !name.includes("\0")) return `${this.#folder}/${name}`;
    throw new HostError("HOST_DENIED", `${JSON.stringify(name)} is no name of a file in here`);
  }
}

function missing(name: string): HostError {
  return new HostError("HOST_MISSING", `${name} is not there`);
}
