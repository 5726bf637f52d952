import assert from "node:assert/strict";
import {
  appendFileSync,
  fstatSync,
  openSync,
  renameSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { OpenFile } from "../src/open-file.ts";
import { TestRepository } from "./support/repository.ts";

function opened(t: TestContext): { readonly file: OpenFile; readonly path: string } {
  const repository = new TestRepository();
  t.after(() => repository.remove());
  const path = join(repository.tree, "file");
  writeFileSync(path, "old");
  utimesSync(path, 1, 1); // so that the next write has another time, however soon it comes
  const descriptor = openSync(path, "r");
  const file = new OpenFile(descriptor, fstatSync(descriptor, { bigint: true }), path, false);
  t.after(() => file.release());
  return { file, path };
}

test("a file into which somebody wrote is told from one that was replaced", (t) => {
  const { file, path } = opened(t);
  assert.equal(file.isUnwritten(), true);
  assert.equal(file.isCurrent(), true);
  writeFileSync(`${path}.new`, "new");
  renameSync(`${path}.new`, path);
  assert.equal(file.isUnwritten(), true);
  assert.equal(file.isCurrent(), false);
});

test("a file is written to when its length changed, or only its time", (t) => {
  const longer = opened(t);
  appendFileSync(longer.path, "er");
  assert.equal(longer.file.isUnwritten(), false);
  const other = opened(t);
  writeFileSync(other.path, "oth");
  assert.equal(other.file.isUnwritten(), false);
});
