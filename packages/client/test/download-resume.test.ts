import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { HostError } from "@causeway/kernel";
import { partialNames } from "../src/download/partial-names.ts";
import { folderStore } from "../src/node/index.ts";
import { changedFile, changedStore } from "./support/download-disk.ts";
import { programBytes, publish } from "./support/download-fixture.ts";
import { quickDownload, startWorld, type World } from "./support/download-world.ts";
import { cutsAfter } from "./support/faulty-route.ts";
import { startSlowRoute } from "./support/slow-route.ts";
import { tempFolder } from "./support/temp-folder.ts";

const patch = publish(programBytes(4_000_000, 21));
const { length } = patch.target;
const eager = { ...quickDownload, progressMs: 0, firstRunLength: 64 * 1024 };

/** Fetches until the share `part` of the target is here. @returns bytes that came */
async function downloadPart(world: World, part: number): Promise<number> {
  const stop = new AbortController();
  const outcome = world.download({
    limits: eager,
    signal: stop.signal,
    onProgress: (event) => {
      if (event.kind === "progress" && event.done >= event.total * part) stop.abort();
    },
  });
  await assert.rejects(outcome, { code: "INTERRUPTED" });
  return world.routes.reduce((sum, route) => sum + route.bytesReceived, 0);
}

void test("an interrupted download goes on where it was", async () => {
  await using world = await startWorld(patch, ["honest", "honest"]);
  const first = await downloadPart(world, 0.6);
  const files = partialNames("app", patch.target.sha256);
  assert.deepEqual(await world.names(), [files.index, files.journal, files.part].toSorted());
  const { downloaded, reused } = await world.download();
  await world.assertWhole();
  assert.ok(reused >= length * 0.6, `${reused} of ${length}`);
  const wanted = (patch.release.pack?.length ?? 0) + patch.release.index.length;
  assert.ok(first + downloaded < wanted + 1_000_000, `${first} + ${downloaded} of ${wanted}`);
});

void test("a finished part needs no route to get its name", async () => {
  await using world = await startWorld(patch, ["honest"]);
  await downloadPart(world, 1);
  await world.servers[0]?.close();
  const { downloaded, plan } = await world.download();
  assert.deepEqual([downloaded, plan], [0, "none"]);
  await world.assertWhole();
});

void test("what the disk did not keep is found and fetched anew", async () => {
  await using world = await startWorld(patch, ["honest"]);
  await downloadPart(world, 0.5);
  const part = path.join(world.folder, partialNames("app", patch.target.sha256).part);
  const handle = await fs.open(part, "r+");
  await handle.write(new Uint8Array(100_000), 0, 100_000, 50_000);
  await handle.close();
  const { reused } = await world.download();
  await world.assertWhole();
  assert.ok(reused > length * 0.3 && reused < length * 0.7, `${reused} of ${length}`);
});

void test("a lost journal costs hashing, not fetching", async () => {
  await using world = await startWorld(patch, ["honest"]);
  await downloadPart(world, 0.5);
  const { journal, index } = partialNames("app", patch.target.sha256);
  await fs.rm(path.join(world.folder, journal));
  await fs.writeFile(path.join(world.folder, index), "rubbish");
  const { reused } = await world.download();
  await world.assertWhole();
  assert.ok(reused >= length * 0.5, `${reused} of ${length}`);
});

void test("parts of another version of the same output are cleared away at the end", async () => {
  await using world = await startWorld(patch, ["honest"]);
  const old = partialNames("app", "0".repeat(64) as typeof patch.target.sha256);
  await fs.mkdir(world.folder, { recursive: true });
  await fs.writeFile(path.join(world.folder, old.part), "old");
  await fs.writeFile(path.join(world.folder, ".app.mine"), "not one of ours");
  await world.download();
  assert.deepEqual(await world.names(), [".app.mine", "app"]);
});

void test("a kill while the index is written leaves nothing that stays", async () => {
  await using world = await startWorld(patch, ["honest"]);
  const { index } = partialNames("app", patch.target.sha256);
  const store = folderStore(world.folder);
  const killed = changedStore(store, {
    write: () => assert.fail("what a kill leaves of it would have a name that nobody knows"),
    async open(name, mode) {
      const handle = await store.open(name, mode);
      if (name !== index) return handle;
      return changedFile(handle, {
        async writeAt(bytes, position) {
          await handle.writeAt(bytes.subarray(0, bytes.length >> 1), position);
          throw new HostError("HOST_IO", "killed");
        },
      });
    },
  });
  await assert.rejects(world.download({ output: { store: killed, name: "app" } }), /killed/);
  assert.deepEqual(await world.names(), [index]);
  await world.download();
  await world.assertWhole();
});

void test("a reboot loop: killed again and again, it gets there and fetches little twice", async () => {
  await using temp = await tempFolder();
  await using one = await startSlowRoute(patch.files, 4_000_000);
  await using two = await startSlowRoute(patch.files, 2_000_000);
  const folder = path.join(temp.path, "out");
  const told = path.join(temp.path, "told.json");
  const urls = [one.url, two.url];
  const { target, release } = patch;
  await fs.writeFile(told, JSON.stringify({ target, release, folder, urls }));
  const child = fileURLToPath(new URL("./support/download-child.ts", import.meta.url));
  let kills = 0;
  for (let round = 0; ; round++) {
    const running = spawn(process.execPath, [child, told], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = once(running, "exit");
    await Promise.race([once(running.stdout, "data"), exited]);
    // The last rounds are left alone, so that the test ends on any machine.
    const timer = setTimeout(
      () => running.kill("SIGKILL"),
      round < 8 ? randomInt(20, 250) : 10_000,
    );
    running.stdout.resume();
    const [code] = await exited;
    clearTimeout(timer);
    if (code === 0) break;
    kills++;
    assert.ok(round < 8, "the undisturbed round ends well");
  }
  assert.ok(Buffer.compare(await fs.readFile(path.join(folder, "app")), patch.bytes) === 0);
  assert.deepEqual(await fs.readdir(folder), ["app"]);
  const wanted = (release.pack?.length ?? 0) + release.index.length;
  const again = one.sent + two.sent - wanted;
  assert.ok(again <= (kills + 1) * 500_000, `${again} bytes again after ${kills} kills`);
});

void test("a network that cuts each connection in the middle of a chunk keeps nothing out", async () => {
  const large = publish(programBytes(2_000_000, 12));
  assert.ok(large.chunks.some(({ packLength }) => packLength > cutsAfter));
  await using world = await startWorld(large, ["cuts"]);
  await world.download();
  await world.assertWhole();
  assert.equal(world.routes[0]?.state, "ok");
  const sent = world.routes[0]?.bytesReceived ?? Infinity;
  assert.ok(sent < large.bytes.length, "the pack, once");
});
