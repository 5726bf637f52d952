import type { FileHandle, Store } from "@causeway/kernel";

/** A real store of which some methods are others. */
export function changedStore(store: Store, changes: Partial<Store>): Store {
  return {
    read: (name, lengthMax) => store.read(name, lengthMax),
    write: (name, bytes) => store.write(name, bytes),
    open: (name, mode) => store.open(name, mode),
    rename: (from, to) => store.rename(from, to),
    remove: (name) => store.remove(name),
    list: (name) => store.list(name),
    freeBytes: () => store.freeBytes(),
    ...changes,
  };
}

/** A real open file of which some methods are others. */
export function changedFile(handle: FileHandle, changes: Partial<FileHandle>): FileHandle {
  return {
    length: () => handle.length(),
    readAt: (into, position) => handle.readAt(into, position),
    writeAt: (bytes, position) => handle.writeAt(bytes, position),
    truncate: (length) => handle.truncate(length),
    sync: () => handle.sync(),
    close: () => handle.close(),
    ...changes,
  };
}
