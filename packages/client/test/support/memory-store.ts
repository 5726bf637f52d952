import { type FileHandle, HostError, type Store } from "@causeway/kernel";

/** A store for tests that look at what was written when, or that cut the power. */
export class MemoryStore implements Store {
  readonly files: Map<string, Uint8Array>;
  /** Names in the order in which they were written. */
  readonly written: string[] = [];
  /** So many more writes succeed. */
  writesLeft = Number.POSITIVE_INFINITY;

  constructor(files: Iterable<readonly [string, Uint8Array]> = []) {
    this.files = new Map(files);
  }

  async read(name: string, lengthMax: number): Promise<Uint8Array | undefined> {
    const bytes = this.files.get(name);
    if (bytes === undefined || bytes.length <= lengthMax) return bytes;
    throw new HostError("HOST_CORRUPT_STATE", `${name}: is too long`);
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    if (this.writesLeft-- <= 0) throw new HostError("HOST_IO", "the power is out");
    this.files.set(name, Uint8Array.from(bytes));
    this.written.push(name);
  }

  async open(name: string): Promise<FileHandle> {
    throw new HostError("HOST_MISSING", name);
  }

  async rename(from: string): Promise<void> {
    throw new HostError("HOST_MISSING", from);
  }

  async remove(name: string): Promise<void> {
    this.files.delete(name);
  }

  async list(name: string): Promise<readonly string[]> {
    const names = [...this.files.keys()].filter((key) => key.startsWith(`${name}/`));
    return names.map((key) => key.slice(name.length + 1)).toSorted();
  }

  async freeBytes(): Promise<number | undefined> {
    return undefined;
  }
}
