import { type FileHandle, HostError, invariant } from "@causeway/kernel";
import type { Life } from "../life.ts";
import type { Disk } from "./disk.ts";
import type { Change, DiskFile } from "./disk-file.ts";

/** A file that one run of a program has open; it stays with it when it is renamed. */
export class OpenDiskFile implements FileHandle {
  readonly #disk: Disk;
  readonly #life: Life;
  readonly #file: DiskFile;
  readonly #openedAs: string;
  readonly #onClose: () => void;
  #closed = false;

  constructor(disk: Disk, life: Life, file: DiskFile, openedAs: string, onClose: () => void) {
    this.#disk = disk;
    this.#life = life;
    this.#file = file;
    this.#openedAs = openedAs;
    this.#onClose = onClose;
  }

  async length(): Promise<number> {
    return await this.#operate(() => this.#file.bytes.length);
  }

  async isInPlace(): Promise<boolean> {
    return await this.#operate(() => this.#disk.folders.get(this.#openedAs) === this.#file);
  }

  async readAt(into: Uint8Array, position: number): Promise<number> {
    return await this.#operate(() => {
      const part = this.#file.bytes.subarray(position, position + into.length);
      into.set(part);
      return part.length;
    });
  }

  async writeAt(bytes: Uint8Array, position: number): Promise<void> {
    await this.#change({ kind: "write", at: position, bytes });
  }

  async truncate(length: number): Promise<void> {
    await this.#change({ kind: "truncate", length });
  }

  async sync(): Promise<void> {
    invariant(!this.#closed, "a closed file is not synced");
    const finish = this.#file.beginSync();
    await this.#disk.operate(this.#life, "sync", () => {
      finish();
      const name = this.#disk.folders.nameOf(this.#file);
      if (name !== undefined) this.#disk.folders.syncFolderOf(name);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#disk.operate(this.#life, "access", this.#onClose);
  }

  async #change(change: Change): Promise<void> {
    const apply = (changes: readonly Change[]): void => {
      for (const each of changes) this.#file.change(each);
      this.#tell();
    };
    const act = (): void => {
      if (!this.#disk.full || change.kind === "truncate") {
        apply([change]);
        return;
      }
      apply(this.#disk.partOf(change));
      throw new HostError("HOST_FULL", "the disk is full");
    };
    await this.#operate(act, () => apply(this.#disk.partOf(change)));
  }

  async #operate<Value>(act: () => Value, cutOff?: () => void): Promise<Value> {
    invariant(!this.#closed, "a closed file is not used");
    return await this.#disk.operate(this.#life, "access", act, cutOff);
  }

  #tell(): void {
    const name = this.#disk.folders.nameOf(this.#file);
    if (name !== undefined) this.#disk.onChange(name);
  }
}
