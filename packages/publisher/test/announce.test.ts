import assert from "node:assert/strict";
import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { type AnnouncementTrust, openAnnouncement } from "@causeway/kernel";
import { authorityOver, isSignedByOneOf, repositoryIdOf, TrustedSet } from "@causeway/trust";
import { type Announced, type AnnounceOptions, announce, listKeys } from "../src/index.ts";
import { edited, vendorWithRoutes } from "./support/routes.ts";
import { treeDigests } from "./support/tree-digests.ts";
import { day, TestVendor } from "./support/vendor.ts";

const urls = ["https://patches.example.com/", "https://patches.example.net/"];

function announced(vendor: TestVendor, more: Partial<AnnounceOptions> = {}): Promise<Announced> {
  return announce(vendor.dir, { urls, ...vendor.common(), ...more });
}

/** What a client that pins the first root holds a code against. */
async function trustOf({ repository, now }: TestVendor): Promise<AnnouncementTrust> {
  const pinned = await readFile(join(repository, "metadata/1.root.json"));
  const { root } = TrustedSet.open(pinned, new Map(), now);
  const targets = await readFile(join(repository, "metadata/1.targets.json"));
  const authority = authorityOver("routes.json", root, targets);
  return {
    repository: repositoryIdOf(pinned),
    takenSequence: 0,
    now,
    verifies: (message, signature) => isSignedByOneOf(authority, message, signature),
  };
}

test("a client that pins the root takes the code, and the key of routes alone makes it", async (t) => {
  const vendor = await TestVendor.make(t);
  for (const name of await readdir(vendor.path("keys"))) {
    if (!name.startsWith("routes-")) await rm(vendor.path("keys", name));
  }
  const before = await treeDigests(vendor.repository);
  const { text, sequence, expires } = await announced(vendor);
  const read = openAnnouncement(text, await trustOf(vendor));
  assert.deepEqual(
    [read.urls, read.sequence, read.expires],
    [urls, sequence, vendor.now + 7 * day],
  );
  assert.equal(Date.parse(expires), read.expires);
  assert.deepEqual(await treeDigests(vendor.repository), before);
});

test("no number is given twice: not in one second, after a clock that was set back, nor by a copy", async (t) => {
  const vendor = await TestVendor.make(t);
  const copy = join(vendor.parent, "copy");
  await cp(vendor.dir, copy, { recursive: true });
  const sequences = [(await announced(vendor)).sequence, (await announced(vendor)).sequence];
  vendor.now += 5000;
  sequences.push((await announce(copy, { urls, ...vendor.common() })).sequence);
  vendor.now -= day;
  sequences.push((await announced(vendor)).sequence);
  assert.equal(new Set(sequences).size, 4, sequences.join());
  assert.ok((sequences[3] ?? 0) > (sequences[1] ?? 0));
  vendor.now -= day;
  await assert.rejects(announced(vendor), { code: "HOST_CLOCK" });
});

test("a number is on the disk before anything is signed with it", async (t) => {
  const vendor = await TestVendor.make(t);
  const { keys } = await listKeys(vendor.dir);
  const keyId = keys.find(({ role }) => role === "routes")?.keyId ?? "";
  const publicKey = { keytype: "ed25519", scheme: "ed25519", public: "" };
  const file = vendor.path("announcements.json");
  let kept = "";
  const sign = async (): Promise<Uint8Array> => {
    kept = await readFile(file, "utf8");
    throw new Error("the power went");
  };
  const signers = [{ keyId, publicKey, sign }];
  await assert.rejects(announced(vendor, { signers }), /the power went/);
  const { sequence } = await announced(vendor);
  assert.equal(kept, `{"sequence":${sequence - 1}}`);
});

test("a damaged number is told, and what is no announcement costs none", async (t) => {
  const vendor = await vendorWithRoutes(t);
  await edited(vendor, { kind: "retire", id: "origin-1" });
  const refused: readonly (readonly [Partial<AnnounceOptions>, RegExp])[] = [
    [{ urls: [] }, /needs a route/],
    [{ urls: Array.from("vwxyz", (host) => `https://${host}.example/`) }, /at most 4/],
    [{ urls: ["http://127.0.0.1/"] }, /--private/],
    [{ urls: ["https://bücher.example/"] }, /not ASCII/],
    [{ urls: ["file:///srv/"], isPrivate: true }, /https or http/],
    [{ urls: ["https://a.example/elsewhere/"] }, /retired with the route origin-1/],
    [{ until: vendor.now }, /from a minute to 90 days/],
    [{ until: vendor.now + 91 * day }, /from a minute to 90 days/],
  ];
  for (const [more, message] of refused) {
    await assert.rejects(announced(vendor, more), { code: "USAGE_ARGUMENT", message });
  }
  assert.ok(!(await readdir(vendor.dir)).includes("announcements.json"));
  await writeFile(vendor.path("announcements.json"), "{");
  await assert.rejects(announced(vendor), { code: "HOST_CORRUPT_STATE", message: /announcements/ });
});
