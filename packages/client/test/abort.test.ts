import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import type { CausewayError, FileHandle, Store } from "@causeway/kernel";
import { folderStore } from "../src/node/index.ts";
import { changedFile, changedStore } from "./support/download-disk.ts";
import { programBytes, publish } from "./support/download-fixture.ts";
import { startWorld } from "./support/download-world.ts";

const old = programBytes(600_000, 61);
const next = Uint8Array.from(old, (byte, at) => (at % 9_973 === 0 ? byte ^ 1 : byte));
const patch = publish(next, { olds: [old] });

/** A store that tells of each operation, and counts the files that are open. */
function watched(store: Store, onOperation: () => void) {
  const state = { open: 0 };
  const file = (handle: FileHandle): FileHandle => {
    let closed = false;
    return changedFile(handle, {
      async readAt(into, position) {
        onOperation();
        return handle.readAt(into, position);
      },
      async writeAt(bytes, position) {
        onOperation();
        await handle.writeAt(bytes, position);
      },
      async sync() {
        onOperation();
        await handle.sync();
      },
      async close() {
        if (!closed) state.open--;
        closed = true;
        await handle.close();
      },
    });
  };
  const changed = changedStore(store, {
    async open(name, mode) {
      onOperation();
      const handle = await store.open(name, mode);
      state.open++;
      return file(handle);
    },
    async write(name, bytes) {
      onOperation();
      await store.write(name, bytes);
    },
    async read(name, lengthMax) {
      onOperation();
      return store.read(name, lengthMax);
    },
  });
  return { store: changed, state };
}

test("a download that is called off at any operation of the disk leaves no file or socket", async () => {
  await using world = await startWorld(patch, ["honest", "honest"]);
  const have = [await world.oldFile("old", old)];
  for (let at = 1, through = false; !through; at++) {
    const stop = new AbortController();
    let operations = 0;
    const folder = path.join(world.folder, String(at));
    const { store, state } = watched(folderStore(folder), () => {
      if (++operations === at) stop.abort();
    });
    try {
      await world.download({ output: { store, name: "app" }, have, signal: stop.signal });
      assert.deepEqual(await fs.readFile(path.join(folder, "app")), Buffer.from(next));
    } catch (error) {
      assert.ok(error instanceof Error && "code" in error);
      assert.equal(error.code, "INTERRUPTED");
    }
    assert.equal(state.open, 0, `called off at operation ${at}`);
    for (const server of world.servers) {
      assert.ok(server.sockets.size <= 2, `${server.sockets.size} sockets after operation ${at}`);
    }
    through = operations < at;
    assert.ok(!through || at > 20);
  }
});

test("what is called off while the whole file is checked gets no name, and keeps its bytes", async () => {
  await using world = await startWorld(patch, ["honest"]);
  const stop = new AbortController();
  const reason = new Error("enough");
  const called = world.download({
    signal: stop.signal,
    onProgress: ({ kind }) => {
      if (kind === "verify") stop.abort(reason);
    },
  });
  await assert.rejects(called, (error: CausewayError) => {
    assert.equal(error.code, "INTERRUPTED");
    return error.cause === reason;
  });
  assert.ok(!(await world.names()).includes("app"));
  assert.equal((await world.download()).reused, next.length);
  await world.assertWhole();
});
