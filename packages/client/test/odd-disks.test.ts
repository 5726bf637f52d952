import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { HostError, type Store } from "@causeway/kernel";
import { folderStore } from "../src/node/index.ts";
import { changedFile, changedStore } from "./support/download-disk.ts";
import { programBytes, publish } from "./support/download-fixture.ts";
import { startWorld } from "./support/download-world.ts";

const old = programBytes(900_000, 51);
const next = Buffer.concat([old.subarray(0, 500_000), programBytes(300_000, 52)]);
const patch = publish(next, { olds: [old] });

/** As FAT, NTFS and APFS: `App` and `app` are one file, under the name that it was made with. */
function foldingCase(store: Store): Store {
  const names = new Map([["app", "app"]]);
  const there = (name: string): string => {
    const known = names.get(name.toLowerCase()) ?? name;
    names.set(name.toLowerCase(), known);
    return known;
  };
  return changedStore(store, {
    read: (name, lengthMax) => store.read(there(name), lengthMax),
    write: (name, bytes) => store.write(there(name), bytes),
    open: (name, mode) => store.open(there(name), mode),
    rename: (from, to) => store.rename(there(from), there(to)),
    remove: (name) => store.remove(there(name)),
  });
}

/** As NFS and Windows: no file that is open is renamed, replaced or removed, nor its folder synced. */
function keepingOpenFiles(store: Store): Store {
  const open = new Map<string, number>();
  const count = (name: string, by: number): void => void open.set(name, (open.get(name) ?? 0) + by);
  const refuse = (...names: readonly string[]): void => {
    for (const name of names) {
      if ((open.get(name) ?? 0) > 0) throw new HostError("HOST_IO", `${name} is in use`);
    }
  };
  return changedStore(store, {
    async open(name, mode) {
      const handle = await store.open(name, mode);
      count(name, 1);
      let closed = false;
      return changedFile(handle, {
        async close() {
          if (!closed) count(name, -1);
          closed = true;
          await handle.close();
        },
      });
    },
    async write(name, bytes) {
      refuse(name);
      await store.write(name, bytes);
    },
    async rename(from, to) {
      refuse(from, to);
      await store.rename(from, to);
    },
    async remove(name) {
      refuse(name);
      await store.remove(name);
    },
  });
}

/** As NFS when the server forgets an open file: what was opened first is stale after some reads. */
function goingStale(store: Store): Store {
  return changedStore(store, {
    async open(name, mode) {
      const handle = await store.open(name, mode);
      let reads = 0;
      return changedFile(handle, {
        async readAt(into, position) {
          if (mode === "read" && ++reads > 2) throw new HostError("HOST_IO", "ESTALE");
          return handle.readAt(into, position);
        },
      });
    },
  });
}

for (const [what, odd] of [
  ["that folds case", foldingCase],
  ["that keeps open files where they are", keepingOpenFiles],
  ["whose open files go stale", goingStale],
  ["that does all of this", (store: Store) => goingStale(keepingOpenFiles(foldingCase(store)))],
] as const) {
  test(`a patch takes the place of an old version on a disk ${what}, also after a stop`, async () => {
    await using world = await startWorld(patch, ["honest", "honest"]);
    await fs.mkdir(world.folder, { recursive: true });
    await fs.writeFile(path.join(world.folder, "app"), old);
    const store = odd(folderStore(world.folder));
    const name = odd === keepingOpenFiles || odd === goingStale ? "app" : "App";
    const stop = new AbortController();
    const stopped = world.download({
      output: { store, name },
      signal: stop.signal,
      onProgress: (event) => {
        if (event.kind === "plan") stop.abort();
      },
    });
    await assert.rejects(stopped, { code: "INTERRUPTED" });
    assert.deepEqual(await fs.readFile(world.output), Buffer.from(old), "old or new");
    await world.download({ output: { store, name } });
    await world.assertWhole();
  });
}

/** As FAT and NTFS: a file takes the room of its whole length as soon as it has it. */
function withoutHoles(store: Store, room: number): Store {
  const lengths = new Map<string, number>();
  return changedStore(store, {
    async open(name, mode) {
      const handle = await store.open(name, mode);
      return changedFile(handle, {
        taken: () => handle.length(),
        async truncate(length) {
          lengths.set(name, length);
          await handle.truncate(length);
        },
      });
    },
    freeBytes: async () => [...lengths.values()].reduce((free, length) => free - length, room),
  });
}

test("a part that took all its room at once needs no more of it, also after a stop", async () => {
  await using world = await startWorld(patch, ["honest"]);
  const output = {
    store: withoutHoles(folderStore(world.folder), next.length + 1_000),
    name: "app",
  };
  const stop = new AbortController();
  const onProgress = (): void => stop.abort();
  const stopped = world.download({ output, onProgress, signal: stop.signal });
  await assert.rejects(stopped, { code: "INTERRUPTED" });
  await world.download({ output });
  await world.assertWhole();
});
