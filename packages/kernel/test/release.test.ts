import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Artifact,
  type Catalogue,
  canonicalJson,
  decodeCatalogue,
  decodeRelease,
  deltaListPath,
  encodeCatalogue,
  encodeRelease,
  indexPath,
  isUtcSecond,
  type Json,
  type PatchName,
  type Platform,
  type ProductId,
  packPath,
  parseJson,
  patchPath,
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
const somePath = "patches/node/1/any/node" as TargetPath;
const version = fc.constantFrom("1", "24.21.0", "2.0-rc.1").map((text) => text as Version);
const platform = fc.constantFrom("any", "linux-x64").map((text) => text as Platform);
const severity = fc.constantFrom(...severities);
const time = fc
  .integer({ min: 0, max: 253_402_300_799 })
  .map((second) => toUtcSecond(second * 1000));
const record = <Shape>(shape: { [Key in keyof Shape]: fc.Arbitrary<Shape[Key]> }) =>
  fc.record(shape, { noNullPrototype: true });

const artifactAt = (at: TargetPath): fc.Arbitrary<Artifact> => {
  return record({ path: fc.constant(at), length, sha256 });
};
const patchName: fc.Arbitrary<PatchName> = record({
  product: fc.constantFrom("node", "contoso-reader").map((text) => text as ProductId),
  version,
  platform,
  file: fc.constantFrom("node", "a.chunks"),
});

interface Signed {
  readonly patch: TargetPath;
  readonly value: ReleaseRecord;
}

const release: fc.Arbitrary<Signed> = patchName.chain(({ file, ...said }) => {
  const patch = patchPath({ ...said, file });
  return fc
    .tuple(
      record({
        severity,
        advisories: fc.array(fc.string({ unit: "grapheme-ascii", maxLength: 20 }), {
          maxLength: 4,
        }),
        install: fc.constantFrom("file", "msi"),
        releasedAt: time,
        index: artifactAt(indexPath(patch)),
      }),
      fc.option(artifactAt(packPath(patch))),
      fc.option(artifactAt(deltaListPath(patch))),
      fc.option(version),
    )
    .map(([rest, pack, deltas, minimum]) => ({
      patch,
      value: {
        ...said,
        ...rest,
        ...(pack !== null && { pack }),
        ...(deltas !== null && { deltas }),
        ...(minimum !== null && { minimumVersion: minimum }),
      },
    }));
});

function customOf(value: ReleaseRecord): Json {
  return parseJson(canonicalJson(encodeRelease(value)), "custom");
}

function sample(seed: number): Signed {
  const [signed] = fc.sample(release, { seed, numRuns: 1 });
  assert.ok(signed);
  return signed;
}

test("a release record comes back from its signed form", () => {
  fc.assert(
    fc.property(release, ({ patch, value }) => {
      assert.deepEqual(decodeRelease(customOf(value), patch), value);
    }),
  );
});

test("what a patch's path says is not said again in its record", () => {
  const { value } = sample(2);
  const members = membersOf(customOf(value));
  for (const said of ["product", "version", "platform"]) assert.ok(!members.has(said));
  assert.doesNotMatch(new TextDecoder().decode(canonicalJson(encodeRelease(value))), /"path"/);
});

test("a full record takes at most 460 bytes: a first check reads some fifty of them", () => {
  const [pack, index, deltas] = [packPath, indexPath, deltaListPath].map((pathOf) => {
    return { path: pathOf(somePath), length: 12_345_678, sha256: "ab".repeat(32) as Sha256 };
  });
  assert.ok(pack && index && deltas);
  const custom = encodeRelease({
    product: "node" as ProductId,
    version: "1" as Version,
    platform: "any" as Platform,
    severity: "critical",
    advisories: ["CSW-2026-0007"],
    install: "file",
    releasedAt: "2026-08-12T09:00:00Z",
    pack,
    index,
    deltas,
  });
  const bytes = canonicalJson(custom);
  assert.ok(bytes.length <= 460, String(bytes.length));
});

test("a target that is no patch has no record, and one with a record lies where patches do", () => {
  const { patch, value } = sample(2);
  assert.equal(decodeRelease(undefined, patch), undefined);
  assert.equal(decodeRelease(new Map([["other", 1]]), patch), undefined);
  assert.equal(
    codeOf(() => decodeRelease(customOf(value), "products/node.json" as TargetPath)),
    "TRUST_MALFORMED",
  );
});

test("a record with any member missing, or of another kind, is refused", () => {
  const { patch, value } = sample(3);
  const required = new Set(membersOf(customOf(value)).keys());
  for (const optional of ["pack", "deltas", "minimumVersion"]) required.delete(optional);
  assert.equal(required.size, 5);
  for (const name of required) {
    for (const wrong of [undefined, null, 7, "", "../x", [1], new Map()] as const) {
      const members: Map<string, Json> = new Map(membersOf(customOf(value)));
      if (wrong === undefined) members.delete(name);
      else members.set(name, wrong);
      const custom: Json = new Map([["causeway", members]]);
      if (name === "install" && typeof wrong === "string") continue; // any name will do
      assert.equal(
        codeOf(() => decodeRelease(custom, patch)),
        "TRUST_MALFORMED",
        name,
      );
    }
  }
});

test("members that a later version may add are left alone", () => {
  const { patch, value } = sample(4);
  const members = new Map(membersOf(customOf(value))).set("later", [1]);
  assert.deepEqual(decodeRelease(new Map([["causeway", members]]), patch), value);
});

test("more advisories than a record may have are refused", () => {
  const { patch, value } = sample(5);
  const many = { ...value, advisories: Array.from({ length: 257 }, (_, at) => `A-${at}`) };
  assert.equal(
    codeOf(() => decodeRelease(customOf(many), patch)),
    "TRUST_MALFORMED",
  );
});

test("a catalogue comes back from its signed form, and only as its own product's", () => {
  const product = "node" as ProductId;
  const entry = record({ version, platform, severity, releasedAt: time, length })
    .chain((rest) => fc.tuple(fc.constant(rest), patchName))
    .map(([rest, { file }]) => ({ ...rest, target: patchPath({ ...rest, product, file }) }));
  const releases = fc.array(entry, { maxLength: 5 });
  fc.assert(
    fc.property(releases, (list) => {
      const value: Catalogue = { product, releases: list };
      const read = parseJson(canonicalJson(encodeCatalogue(value)), "catalogue");
      assert.deepEqual(decodeCatalogue(read, product), value);
      const other = codeOf(() => decodeCatalogue(read, "other" as ProductId));
      assert.equal(other, "TRUST_MALFORMED");
    }),
  );
});

test("a catalogue leads to nothing but patches of its own product", () => {
  for (const file of ["", "..", "a/b", "../../x/1/any/a", "a b", 7]) {
    const line = { file, version: "1", platform: "any", severity: "low", length: 1 };
    const catalogue = {
      _type: "causeway-catalogue",
      product: "node",
      releases: [{ ...line, releasedAt: "2026-08-12T09:00:00Z" }],
    };
    const read = parseJson(canonicalJson(catalogue), "catalogue");
    assert.equal(
      codeOf(() => decodeCatalogue(read, "node" as ProductId)),
      "TRUST_MALFORMED",
      String(file),
    );
  }
  const target = "patches/other/1/any/a" as TargetPath;
  const entry = {
    version: "1" as Version,
    platform: "any" as Platform,
    severity: "low" as const,
    releasedAt: "2026-08-12T09:00:00Z",
    length: 1,
  };
  const releases = [{ ...entry, target }];
  assert.throws(() => encodeCatalogue({ product: "node" as ProductId, releases }), {
    name: "InvariantBroken",
  });
});

test("any JSON at all is a record, none, or refused", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const read = valueOrCode(() => {
        const custom = parseJson(Buffer.from(`{"causeway":${text}}`), "custom");
        return decodeRelease(custom, somePath);
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
