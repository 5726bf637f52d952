import assert from "node:assert/strict";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { blockBytes, defaultLimits, type OriginLimits } from "../src/limits.ts";
import { parseRequestTarget, type RepositoryPath } from "../src/request-path.ts";
import { Tree } from "../src/tree.ts";
import { noise, TestRepository } from "./support/repository.ts";

function testTree(t: TestContext, limits: Partial<OriginLimits> = {}) {
  const repository = new TestRepository();
  const tree = new Tree(repository.tree, () => undefined, { ...defaultLimits, ...limits });
  t.after(() => {
    tree.close();
    repository.remove();
  });
  return { repository, tree };
}

function pathOf(path: string): RepositoryPath {
  const parsed = parseRequestTarget(`/${path}`, 1024);
  assert.ok(parsed);
  return parsed;
}

test("who asks after a publish never joins a load that began before it", async (t) => {
  const { repository, tree } = testTree(t);
  for (let round = 0; round < 200; round++) {
    const name = `metadata/${round}.json`;
    repository.write(name, Buffer.from("old"));
    const early = tree.open(pathOf(name));
    for (let turns = round % 20; turns > 0; turns--) await turn();
    repository.write(name, Buffer.from("newer"));
    const [before, after] = await Promise.all([early, tree.open(pathOf(name))]);
    assert.equal(after?.file.size, 5);
    before?.file.release();
    after.file.release();
  }
});

test("a file that its server took back between two looks is the disk's fault, and no bug of ours", async (t) => {
  const { repository, tree } = testTree(t);
  repository.write("metadata/a.json", Buffer.from("{}"));
  const gone = t.mock.method(fs, "fstatSync", () => {
    throw Object.assign(new Error("ESTALE: stale file handle, fstat"), { code: "ESTALE" });
  });
  syncBuiltinESMExports();
  const failed = assert.rejects(tree.open(pathOf("metadata/a.json")), { code: "HOST_IO" });
  await failed.finally(() => {
    gone.mock.restore();
    syncBuiltinESMExports();
  });
  const served = await tree.open(pathOf("metadata/a.json"));
  assert.equal(served?.file.size, 2);
  served.file.release();
});

test("many who ask for one file at once share it", async (t) => {
  const { tree } = testTree(t);
  const path = pathOf("metadata/timestamp.json");
  const all = await Promise.all(Array.from({ length: 100 }, () => tree.open(path)));
  assert.equal(new Set(all).size, 1);
  for (const served of all) served?.file.release();
});

test("blocks beyond the bound are forgotten, the least used first", async (t) => {
  const { repository, tree } = testTree(t, { cacheBytesMax: 4 * blockBytes });
  const served = await tree.open(pathOf(repository.addTarget(noise(16 * blockBytes))));
  assert.ok(served);
  const { file } = served;
  for (let index = 0; index < 16; index++) {
    await tree.blocks.get(file, index);
    tree.blocks.peek(file, 0);
  }
  const kept = Array.from({ length: 16 }, (_, index) => index).filter((index) => {
    return tree.blocks.peek(file, index) !== undefined;
  });
  assert.deepEqual(kept, [0, 13, 14, 15]);
  file.release();
});

test("files beyond the bound are closed, and opened again when they are asked for", async (t) => {
  const { repository, tree } = testTree(t, { openFilesMax: 3 });
  const paths = [1, 2, 3, 4, 5].map((seed) => pathOf(repository.addTarget(noise(10, seed))));
  for (const path of paths) (await tree.open(path))?.file.release();
  assert.equal(paths.filter((path) => isOpen(tree, path)).length, 3);
  const first = await tree.open(paths[0] ?? pathOf("metadata/x"));
  assert.equal(first?.file.size, 10);
  first.file.release();
});

test("a removed file is let go, so that it does not fill the disk", async (t) => {
  const { repository, tree } = testTree(t);
  const path = pathOf("metadata/timestamp.json");
  const served = await tree.open(path);
  repository.write("metadata/timestamp.json", Buffer.from("another"));
  tree.forgetOld();
  assert.ok(served);
  const { file } = served;
  assert.ok(file.acquire(), "its reader still has it");
  file.release();
  file.release();
  assert.ok(!file.acquire(), "and nobody else");
});

function isOpen(tree: Tree, path: RepositoryPath): boolean {
  const served = tree.openHot(path);
  served?.file.release();
  return served !== undefined;
}
