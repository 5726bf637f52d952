import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { type CausewayError, toProductId } from "@causeway/kernel";
import { noise, portsIn2030, Vendor } from "../../client/test/support/field.ts";
import { quickLimits } from "../../client/test/support/quick.ts";
import {
  type BundleOptions,
  type CreatedBundle,
  createBundle,
} from "../src/bundle/create-bundle.ts";
import { mirrorOf, treeFolder } from "./support/mirrored.ts";
import { writeTree } from "./support/vendor-tree.ts";

const vendor = new Vendor();
vendor.release("1.0", noise(300_000, 1));
vendor.release("1.1", noise(1_700_000, 2));
vendor.routes({ version: 1, routes: [] });
const signal = new AbortController().signal;

function create(
  options: Pick<BundleOptions, "file" | "tree"> & Partial<BundleOptions>,
  onProgress?: () => void,
): Promise<CreatedBundle> {
  return createBundle({ ports: portsIn2030(), signal, ...options }, onProgress, quickLimits);
}

/** What lies in a ZIP file by Python's own reader, which checks every CRC. */
function readByPython(file: string): Readonly<Record<string, number>> {
  const script = [
    "import json, sys, zipfile",
    "z = zipfile.ZipFile(sys.argv[1])",
    "assert z.testzip() is None",
    "print(json.dumps({i.filename: i.file_size for i in z.infolist()}))",
  ].join("\n");
  const told = execFileSync("python3", ["-c", script, file], { encoding: "utf8" });
  return JSON.parse(told) as Readonly<Record<string, number>>;
}

function failsWith(code: CausewayError["code"], expected: RegExp) {
  return (error: CausewayError) => {
    assert.equal(error.code, code, error.message);
    assert.match(error.message, expected);
    return true;
  };
}

test("others can read a bundle, it is the same each time, and unpacked it is the tree", async (t) => {
  const folder = await treeFolder(t);
  const tree = writeTree(join(folder, "tree"), vendor.files());
  const file = join(folder, "a.causeway");
  const made = await create({ file, tree });
  assert.deepEqual(made.files, [file]);
  assert.equal(readFileSync(file).length, made.bytes);
  assert.equal(made.versions.timestamp, 4);
  execFileSync("unzip", ["-q", file, "-d", join(folder, "unpacked")]);
  const names = Object.keys(readByPython(file));
  assert.equal(names.length, 4 + 2 + made.targets); // no version of a role but the newest
  for (const name of names) {
    const published = vendor.files().get(name);
    assert.ok(published, name);
    assert.ok(readFileSync(join(folder, "unpacked", name)).equals(published), name);
  }
  await create({ file: join(folder, "b.zip"), tree });
  assert.ok(readFileSync(join(folder, "b.zip")).equals(readFileSync(file)));
  assert.deepEqual(readdirSync(folder).toSorted(), ["a.causeway", "b.zip", "tree", "unpacked"]);
});

test("a mirror is filled from parts, and a bundle from the mirror is the same again", async (t) => {
  const folder = await treeFolder(t);
  const tree = writeTree(join(folder, "tree"), vendor.files());
  const file = join(folder, "a.causeway");
  const made = await create({ file, tree, partBytes: 700_000 });
  assert.deepEqual(
    made.files,
    [1, 2, 3].map((at) => `${file}.00${at}`),
  );
  const routes = [pathToFileURL(file).href];
  const mirror = await mirrorOf(t, { folder: join(folder, "m"), routes, trust: vendor.trust });
  const { targets } = await mirror.update();
  assert.equal(targets, made.targets);
  await create({ file: join(folder, "b.causeway"), tree: join(folder, "m") });
  const parts = Buffer.concat(made.files.map((each) => readFileSync(each)));
  assert.ok(readFileSync(join(folder, "b.causeway")).equals(parts));
});

test("a bundle takes another one's place only with force, and leaves no part of it", async (t) => {
  const folder = await treeFolder(t);
  const tree = writeTree(join(folder, "tree"), vendor.files());
  const file = join(folder, "a.causeway");
  await create({ file, tree, partBytes: 400_000 });
  const isThere = failsWith("USAGE_EXISTS", /a\.causeway\.001 is there already/);
  await assert.rejects(create({ file, tree }), isThere);
  await create({ file, tree, partBytes: 1_500_000, force: true });
  const bundles = () => readdirSync(folder).filter((name) => name !== "tree");
  assert.deepEqual(bundles(), ["a.causeway.001", "a.causeway.002"]);
  await create({ file, tree, force: true });
  assert.deepEqual(bundles(), ["a.causeway"]);
  await create({ file, tree, partBytes: 1_500_000, force: true });
  assert.deepEqual(bundles(), ["a.causeway.001", "a.causeway.002"]);
});

test("products can be chosen, and a tree of some products makes a bundle of those", async (t) => {
  const folder = await treeFolder(t);
  const tree = writeTree(join(folder, "tree"), vendor.files());
  const file = join(folder, "a.causeway");
  const wrong = { file, tree, products: [toProductId("unknown")] };
  await assert.rejects(create(wrong), failsWith("USAGE_UNKNOWN_PRODUCT", /"unknown"/));
  const products = [toProductId("reader")];
  const chosen = await create({ file, tree, products });
  const catalogue = [...vendor.files().keys()].find((name) => name.startsWith("targets/products/"));
  rmSync(join(tree, catalogue ?? ""));
  for (const name of vendor.files().keys()) {
    if (name.startsWith("targets/patches/")) rmSync(join(tree, name));
  }
  const rest = await create({ file, tree, force: true });
  assert.deepEqual([chosen.targets, rest.targets], [6, 1]); // of the list of routes alone
});

test("what is wrong is told, and nothing is left behind", async (t) => {
  const folder = await treeFolder(t);
  const tree = writeTree(join(folder, "tree"), vendor.files());
  const file = join(folder, "a.causeway");
  const named = failsWith("USAGE_ARGUMENT", /ends in \.causeway/);
  await assert.rejects(create({ file: join(folder, "a.tar"), tree }), named);
  const none = failsWith("USAGE_ARGUMENT", /holds no repository/);
  await assert.rejects(create({ file, tree: folder }), none);
  const many = failsWith("USAGE_ARGUMENT", /parts, over 999/);
  await assert.rejects(create({ file, tree, partBytes: 1_000 }), many);
  const names = [...vendor.files().keys()];
  const patch = join(tree, names.find((name) => /1\.1\/any\/.*\.reader\.bin$/.test(name)) ?? "");
  const right = readFileSync(patch);
  writeFileSync(
    patch,
    right.map((byte) => byte ^ 1),
  );
  await assert.rejects(create({ file, tree }), failsWith("TRUST_MISMATCH", /another hash/));
  truncateSync(patch, 1_000);
  await assert.rejects(create({ file, tree }), failsWith("TRUST_MISMATCH", /shorter/));
  rmSync(patch);
  await assert.rejects(create({ file, tree }), failsWith("HOST_MISSING", /reader\.bin/));
  const other = { file, tree, trust: new Vendor().trust };
  await assert.rejects(create(other), failsWith("ROUTE_ALL_FAILED", /no route has a valid state/));
  const abort = new AbortController();
  writeFileSync(patch, right);
  const stopped = create({ file, tree, signal: abort.signal }, () => abort.abort());
  await assert.rejects(stopped, failsWith("INTERRUPTED", /interrupted/));
  assert.deepEqual(readdirSync(folder), ["tree"]);
  assert.equal(existsSync(file), false);
});

test("a link that lies where a bundle is to be written leads nowhere", async (t) => {
  const folder = await treeFolder(t);
  const tree = writeTree(join(folder, "tree"), vendor.files());
  const secret = join(folder, "secret");
  writeFileSync(secret, "ours");
  symlinkSync(secret, join(folder, ".x.causeway.1.tmp"));
  await create({ file: join(folder, "x.causeway"), tree });
  assert.equal(readFileSync(secret, "utf8"), "ours");
  assert.ok(readFileSync(join(folder, "x.causeway")).length > 300_000);
});
