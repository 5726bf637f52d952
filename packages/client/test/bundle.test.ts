import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { type CausewayError, NoRouteDelivered } from "@causeway/kernel";
import type { Got } from "../src/client.ts";
import { folderStore } from "../src/node/index.ts";
import { clientOf, content, vendor } from "./support/customer.ts";
import { product } from "./support/field.ts";
import { tempFolder } from "./support/temp-folder.ts";
import { bundleOf } from "./support/zip.ts";

async function getFrom(folder: string, file: string, trust = vendor.trust): Promise<Got> {
  const route = pathToFileURL(path.join(folder, file)).href;
  const client = clientOf(folder, [route], trust);
  const output = { store: folderStore(folder), name: "new" };
  return client.get(product, { platform: "linux-x64", output });
}

async function failureOf(folder: string, file: string): Promise<CausewayError> {
  try {
    await getFrom(folder, file);
  } catch (error) {
    assert.ok(error instanceof NoRouteDelivered, String(error));
    const [attempt] = error.attempts;
    assert.ok(attempt);
    return attempt.error;
  }
  throw new Error("it was taken");
}

/** Writes it in pieces of so many bytes. @returns their names */
async function writeParts(file: string, bytes: Buffer, length: number): Promise<readonly string[]> {
  const names: string[] = [];
  for (let at = 0; at < bytes.length; at += length) {
    const name = `${file}.${String(names.length + 1).padStart(3, "0")}`;
    await fs.writeFile(name, bytes.subarray(at, at + length));
    names.push(name);
  }
  return names;
}

const bundle = bundleOf(vendor.files());

test("a patch comes from one file, which goes by three names, and from an unpacked one", async () => {
  await using folder = await tempFolder();
  await fs.writeFile(path.join(folder.path, "all.causeway"), bundle);
  await fs.writeFile(path.join(folder.path, "ALL.ZIP"), bundleOf(vendor.files(), true));
  for (const [name, bytes] of vendor.files()) {
    const file = path.join(folder.path, "unpacked.zip", name);
    await fs.mkdir(path.dirname(file), { recursive: true });
    await fs.writeFile(file, bytes);
  }
  await fs.writeFile(path.join(folder.path, "unpacked.zip", "within.causeway"), bundle);
  for (const file of ["all.causeway", "ALL.ZIP", "unpacked.zip", "unpacked.zip/within.causeway"]) {
    await fs.rm(path.join(folder.path, "state"), { recursive: true, force: true });
    await fs.rm(path.join(folder.path, "new"), { force: true });
    const got = await getFrom(folder.path, file);
    assert.equal(got.version, "1.1", file);
    assert.ok((await fs.readFile(path.join(folder.path, "new"))).equals(content), file);
  }
});

test("parts are one bundle, named by it or by the first; one that is missing is told", async () => {
  await using folder = await tempFolder();
  const names = await writeParts(path.join(folder.path, "all.causeway"), bundle, 100_003);
  assert.ok(names.length > 9);
  for (const file of ["all.causeway", "all.causeway.001"]) {
    await fs.rm(path.join(folder.path, "new"), { force: true });
    await getFrom(folder.path, file);
    assert.ok((await fs.readFile(path.join(folder.path, "new"))).equals(content), file);
  }
  await fs.rm(path.join(folder.path, "state"), { recursive: true });
  await fs.rename(names[4] ?? "", path.join(folder.path, "elsewhere"));
  const missing = await failureOf(folder.path, "all.causeway");
  assert.equal(missing.code, "ROUTE_TRUNCATED");
  assert.match(missing.message, /^all\.causeway.*no part missing/);
  await fs.rm(names[0] ?? "");
  const gone = await failureOf(folder.path, "all.causeway");
  assert.equal(gone.code, "ROUTE_UNREACHABLE");
  assert.match(gone.message, /^all\.causeway is not there/);
});

test("parts of two bundles are no bundle", async () => {
  await using folder = await tempFolder();
  const names = await writeParts(path.join(folder.path, "all.causeway"), bundle, 400_000);
  const other = bundleOf(new Map([["metadata/0", Buffer.alloc(3_000)], ...vendor.files()]));
  await fs.writeFile(names[0] ?? "", other.subarray(0, 400_000));
  const mixed = await failureOf(folder.path, "all.causeway");
  assert.equal(mixed.code, "ROUTE_MISLABELLED");
  assert.match(mixed.message, /those of one bundle/);
});

test("a stick that is pulled out, and put back, costs a new try; what came is kept", async () => {
  await using folder = await tempFolder();
  const file = path.join(folder.path, "all.causeway");
  await fs.writeFile(file, bundle);
  const route = pathToFileURL(file).href;
  const client = clientOf(folder.path, [route]);
  const output = { store: folderStore(folder.path), name: "new" };
  const request = {
    platform: "linux-x64",
    output,
    onProgress: () => void fs.truncate(file, 500_000).catch(() => undefined),
  };
  await assert.rejects(client.get(product, request), (error: CausewayError) => {
    assert.equal(error.code, "ROUTE_ALL_FAILED", error.message);
    return true;
  });
  await fs.writeFile(file, bundle);
  await getFrom(folder.path, "all.causeway");
  assert.ok((await fs.readFile(path.join(folder.path, "new"))).equals(content));
});

test("bytes that were changed on the way are found out", async () => {
  await using folder = await tempFolder();
  const wrong = Buffer.from(bundle);
  const at = wrong.indexOf(Buffer.from(content.subarray(500_000, 500_100)));
  assert.ok(at > 0);
  wrong[at] = (wrong[at] ?? 0) ^ 1;
  await fs.writeFile(path.join(folder.path, "all.causeway"), wrong);
  const fault = await failureOf(folder.path, "all.causeway");
  assert.equal(fault.code, "ROUTE_LIED");
  await assert.rejects(fs.stat(path.join(folder.path, "new")));
});
