import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { makeFolders } from "../src/node/internal/make-folders.ts";

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "causeway-folders-"));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

test("a folder is made with all that are missing above it, the outermost first", async (t) => {
  const folder = await folderFor(t);
  const deep = join(folder, "a", "b");
  assert.deepEqual(await makeFolders(deep, 0o700), [join(folder, "a"), deep]);
  assert.equal((await stat(deep)).mode & 0o777, 0o700);
  assert.deepEqual(await makeFolders(deep), []);
});

test("several who make the same folders at once all have them", async (t) => {
  const folder = await folderFor(t);
  const deep = join(folder, "a", "b", "c");
  await Promise.all(Array.from({ length: 20 }, () => makeFolders(deep)));
  assert.ok((await stat(deep)).isDirectory());
});

test("a file in the way is told", async (t) => {
  const folder = await folderFor(t);
  await writeFile(join(folder, "file"), "");
  await assert.rejects(makeFolders(join(folder, "file")), { code: "EEXIST" });
  await assert.rejects(makeFolders(join(folder, "file", "below")), { code: "EEXIST" });
});

test("where the system has no folders made, that is told at once", {
  skip: process.platform !== "linux",
}, async () => {
  await assert.rejects(makeFolders("/proc/causeway/below"), { code: "ENOENT" });
});
