import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, open, readdir, readFile, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { addRelease, initVendor, publish, refresh } from "../src/index.ts";
import { day, patchBytes, temporaryFolder } from "./support/vendor.ts";
import { WalkingClient } from "./support/walking-client.ts";

const common = {
  passphrase: (): Promise<string> => Promise.resolve("secret"),
  now: (): number => Date.parse("2026-08-12T09:00:00Z"),
};

/** Mounts a small file system of its own; undefined, loudly, where that is not allowed. */
async function smallDisk(t: test.TestContext, megabytes: number): Promise<string | undefined> {
  const path = await mkdtemp(join(tmpdir(), "causeway-disk-"));
  const options = ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", path];
  const mounted = spawnSync("mount", options, { encoding: "utf8" });
  t.after(async () => {
    spawnSync("umount", ["-l", path]);
    await rm(path, { recursive: true, force: true });
  });
  if (mounted.status !== 0) {
    t.skip(`cannot mount a tmpfs here (needs root): ${mounted.stderr ?? mounted.error}`);
    return undefined;
  }
  return path;
}

async function fill(disk: string, leave: number): Promise<string> {
  const { bavail, bsize } = await statfs(disk);
  const path = join(disk, "filler");
  await writeFile(path, Buffer.alloc(Math.max(0, bavail * bsize - leave), 1));
  return path;
}

test("a full disk stops init, add, publish and refresh with nothing lost", async (t) => {
  const disk = await smallDisk(t, 24);
  if (disk === undefined) return;
  const dir = join(disk, "vendor");
  const filler = await fill(disk, 64 * 1024);
  await assert.rejects(initVendor(dir, { name: "C", dev: true, ...common }), { code: "HOST_FULL" });
  assert.deepEqual(await readdir(disk), ["filler"]);
  await rm(filler);
  await initVendor(dir, { name: "C", dev: true, ...common });

  const file = join(await temporaryFolder(t), "reader");
  await writeFile(file, patchBytes("1.0"));
  const add = (): Promise<unknown> => {
    return addRelease(dir, { file, product: "reader", version: "1.0", workers: 1, ...common });
  };
  await rm(await fill(disk, 8 * 1024 * 1024));
  await fill(disk, 100 * 1024); // less than the patch
  await assert.rejects(add(), { code: "HOST_FULL", message: /the file alone takes/ });
  await rm(join(disk, "filler"));
  await fill(disk, 230 * 1024); // the patch, but not all of its artifacts
  await assert.rejects(add(), { code: "HOST_FULL" });
  await rm(join(disk, "filler"));
  await add();

  await fill(disk, 8 * 1024);
  const timestamp = join(dir, "repository", "metadata", "timestamp.json");
  const before = await readFile(timestamp);
  await assert.rejects(publish(dir, common), { code: "HOST_FULL" });
  const late = (): number => common.now() + 8 * day;
  await assert.rejects(refresh(dir, { ...common, now: late }), { code: "HOST_FULL" });
  assert.deepEqual(await readFile(timestamp), before);
  await rm(join(disk, "filler"));
  assert.equal((await publish(dir, common)).patches, 1);
  const client = await WalkingClient.pinned(join(dir, "repository"), common.now());
  await client.refresh(join(dir, "repository"), common.now());
});

test("a carrier whose disk is full is reported, and gets the rest later", async (t) => {
  const disk = await smallDisk(t, 4);
  if (disk === undefined) return;
  const parent = await temporaryFolder(t);
  const dir = join(parent, "vendor");
  await initVendor(dir, { name: "C", dev: true, ...common });
  const web = join(disk, "web");
  await writeFile(
    join(dir, "causeway.yaml"),
    `name: C\ncarriers: [{ id: web, kind: folder, path: ${web} }]\n`,
  );
  await publish(dir, common);
  const file = join(parent, "reader");
  await writeFile(file, patchBytes("1.0"));
  await addRelease(dir, { file, product: "reader", version: "1.0", workers: 1, ...common });
  await fill(disk, 16 * 1024);
  const result = await publish(dir, common);
  assert.deepEqual([result.routes[0]?.ok, result.routes[1]?.ok], [true, false]);
  assert.equal(result.routes[1]?.error?.code, "HOST_FULL");
  const client = await WalkingClient.pinned(web, common.now());
  assert.equal((await client.refresh(web, common.now())).get("snapshot"), 1); // the old state, whole
  await rm(join(disk, "filler"));
  assert.equal((await publish(dir, common)).routes[1]?.ok, true);
  assert.equal((await client.refresh(web, common.now())).get("snapshot"), 2);
});

test("a read-only folder is named, and nothing is changed", async (t) => {
  const disk = await smallDisk(t, 24);
  if (disk === undefined) return;
  const dir = join(disk, "vendor");
  await initVendor(dir, { name: "C", dev: true, ...common });
  await mkdir(join(disk, "empty"));
  const file = join(await temporaryFolder(t), "reader");
  await writeFile(file, patchBytes("1.0"));
  assert.equal(spawnSync("mount", ["-o", "remount,ro", disk]).status, 0);
  const add = addRelease(dir, { file, product: "reader", version: "1.0", workers: 1, ...common });
  await assert.rejects(add, { code: "HOST_DENIED" });
  await assert.rejects(publish(dir, common), { code: "HOST_DENIED" });
  await assert.rejects(refresh(dir, common), { code: "HOST_DENIED" });
  const init = initVendor(join(disk, "empty"), { name: "C", dev: true, ...common });
  await assert.rejects(init, { code: "HOST_DENIED" });
});

test("a sparse file of 5 GiB that does not fit is refused at once", async (t) => {
  const disk = await smallDisk(t, 24);
  if (disk === undefined) return;
  const dir = join(disk, "vendor");
  await initVendor(dir, { name: "C", dev: true, ...common });
  const file = join(await temporaryFolder(t), "sparse");
  const handle = await open(file, "w");
  await handle.truncate(5 * 1024 ** 3);
  await handle.close();
  const add = addRelease(dir, { file, product: "reader", version: "1.0", workers: 1, ...common });
  await assert.rejects(add, { code: "HOST_FULL", message: /5368709120/ });
});
