import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Artifact,
  type Catalogue,
  canonicalJson,
  decodeCatalogue,
  decodeRelease,
  encodeCatalogue,
  encodeRelease,
  isUtcSecond,
  type Json,
  type Platform,
  type ProductId,
  parseJson,
  type ReleaseRecord,
  type Sha256,
  severities,
  type TargetPath,
  toUtcSecond,
  type Version,
} from "@causeway/kernel";
import fc from "fast-check";
import { codeOf, valueOrCode } from "./support/throws.ts";

const length = fc.maxSafeNat();
const sha256 = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString("hex") as Sha256);
const path = fc
  .constantFrom("a", "patches/node/1/any/node.chunks")
  .map((text) => text as TargetPath);
const version = fc.constantFrom("1", "24.21.0", "2.0-rc.1").map((text) => text as Version);
const platform = fc.constantFrom("any", "linux-x64").map((text) => text as Platform);
const severity = fc.constantFrom(...severities);
const time = fc
  .integer({ min: 0, max: 253_402_300_799 })
  .map((second) => toUtcSecond(second * 1000));
const record = <Shape>(shape: { [Key in keyof Shape]: fc.Arbitrary<Shape[Key]> }) =>
  fc.record(shape, { noNullPrototype: true });

const artifact: fc.Arbitrary<Artifact> = record({ path, length, sha256 });
const delta = record({
  path,
  length,
  sha256,
  from: record({ version, length, sha256 }),
  index: artifact,
});
const release: fc.Arbitrary<ReleaseRecord> = fc
  .tuple(
    record({
      product: fc.constantFrom("node", "contoso-reader").map((text) => text as ProductId),
      version,
      platform,
      severity,
      advisories: fc.array(fc.string({ unit: "grapheme-ascii", maxLength: 20 }), { maxLength: 4 }),
      install: fc.constantFrom("file", "msi"),
      releasedAt: time,
      index: artifact,
      deltas: fc.array(delta, { maxLength: 3 }),
    }),
    fc.option(artifact),
    fc.option(version),
  )
  .map(([rest, pack, minimum]) => ({
    ...rest,
    ...(pack !== null && { pack }),
    ...(minimum !== null && { minimumVersion: minimum }),
  }));

function customOf(value: ReleaseRecord): Json {
  return parseJson(canonicalJson(encodeRelease(value)), "custom");
}

test("a release record comes back from its signed form", () => {
  fc.assert(
    fc.property(release, (value) => {
      assert.deepEqual(decodeRelease(customOf(value), "target"), value);
    }),
  );
});

test("a target that is no patch has no record", () => {
  assert.equal(decodeRelease(undefined, "target"), undefined);
  assert.equal(decodeRelease(new Map([["other", 1]]), "target"), undefined);
});

test("a record with any member missing, or of another kind, is refused", () => {
  const [value] = fc.sample(release, { seed: 3, numRuns: 1 });
  assert.ok(value);
  const required = new Map(Object.entries(value));
  required.delete("pack");
  required.delete("minimumVersion");
  for (const name of required.keys()) {
    for (const wrong of [undefined, null, 7, "", "../x", [1], new Map()] as const) {
      const members: Map<string, Json> = new Map(membersOf(customOf(value)));
      if (wrong === undefined) members.delete(name);
      else members.set(name, wrong);
      const custom: Json = new Map([["causeway", members]]);
      if (name === "install" && typeof wrong === "string") continue; // any name will do
      assert.equal(
        codeOf(() => decodeRelease(custom, "target")),
        "TRUST_MALFORMED",
        name,
      );
    }
  }
});

test("members that a later version may add are left alone", () => {
  const [value] = fc.sample(release, { seed: 4, numRuns: 1 });
  assert.ok(value);
  const members = new Map(membersOf(customOf(value))).set("later", [1]);
  assert.deepEqual(decodeRelease(new Map([["causeway", members]]), "target"), value);
});

test("more deltas or advisories than a record may have are refused", () => {
  const [value] = fc.sample(release, { seed: 5, numRuns: 1 });
  const [one] = fc.sample(delta, { seed: 5, numRuns: 1 });
  assert.ok(value && one);
  for (const many of [
    { ...value, deltas: Array.from({ length: 17 }, () => one) },
    { ...value, advisories: Array.from({ length: 257 }, (_, at) => `A-${at}`) },
  ]) {
    assert.equal(
      codeOf(() => decodeRelease(customOf(many), "target")),
      "TRUST_MALFORMED",
    );
  }
});

test("a catalogue comes back from its signed form, and only as its own product's", () => {
  const entry = record({ version, platform, severity, releasedAt: time, target: path, length });
  const catalogue: fc.Arbitrary<Catalogue> = record({
    product: fc.constant("node" as ProductId),
    releases: fc.array(entry, { maxLength: 5 }),
  });
  fc.assert(
    fc.property(catalogue, (value) => {
      const read = parseJson(canonicalJson(encodeCatalogue(value)), "catalogue");
      assert.deepEqual(decodeCatalogue(read, value.product), value);
      const other = codeOf(() => decodeCatalogue(read, "other" as ProductId));
      assert.equal(other, "TRUST_MALFORMED");
    }),
  );
});

test("any JSON at all is a record, none, or refused", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const read = valueOrCode(() => {
        return decodeRelease(parseJson(Buffer.from(`{"causeway":${text}}`), "custom"), "target");
      });
      assert.equal(read, "TRUST_MALFORMED");
    }),
  );
});

test("a time has one form, to the second and in UTC", () => {
  for (const text of ["2003-08-16T00:00:00Z", "9999-12-31T23:59:59Z", "2024-02-29T00:00:00Z"]) {
    assert.ok(isUtcSecond(text), text);
  }
  for (const text of [
    "",
    "2003-08-16",
    "2003-08-16T00:00:00",
    "2003-08-16T00:00:00.000Z",
    "2003-08-16T00:00:00+00:00",
    "2003-02-29T00:00:00Z",
    "2003-13-01T00:00:00Z",
    "2003-08-16T24:00:00Z",
    "2003-08-16t00:00:00z",
  ]) {
    assert.ok(!isUtcSecond(text), text);
  }
  assert.equal(toUtcSecond(Number.NaN), "");
  assert.equal(toUtcSecond(8.64e15), "");
});

function membersOf(custom: Json): ReadonlyMap<string, Json> {
  assert.ok(custom instanceof Map);
  const members: unknown = custom.get("causeway");
  assert.ok(members instanceof Map);
  return members;
}
