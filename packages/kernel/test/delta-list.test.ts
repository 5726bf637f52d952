import assert from "node:assert/strict";
import { test } from "node:test";
import {
  canonicalJson,
  type Delta,
  decodeDeltas,
  deltaPath,
  deltasMax,
  encodeDeltas,
  indexPath,
  type Json,
  parseJson,
  type Sha256,
  type TargetPath,
  type Version,
} from "@causeway/kernel";
import fc from "fast-check";
import { codeOf, valueOrCode } from "./support/throws.ts";

const patch = "patches/node/24.21.0/linux-x64/node" as TargetPath;
const digest = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString("hex") as Sha256);
const file = fc.record({ length: fc.maxSafeNat(), sha256: digest }, { noNullPrototype: true });

/** A delta from each of some versions. */
const deltas: fc.Arbitrary<readonly Delta[]> = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 99 }), file, file, file), {
    maxLength: deltasMax,
    selector: ([number]) => number,
  })
  .map((list) =>
    list.map(([number, old, delta, index]): Delta => {
      const version = `24.${number}.0` as Version;
      const path = deltaPath(patch, version);
      const ofIndex = { path: indexPath(path), ...index };
      return { path, ...delta, from: { version, ...old }, index: ofIndex };
    }),
  );

function written(list: readonly Delta[]): Json {
  return parseJson(canonicalJson(encodeDeltas(list)), "list");
}

function refusal(list: Json): unknown {
  return codeOf(() => decodeDeltas(list, patch));
}

function some(): Delta {
  const [list] = fc.sample(
    deltas.filter(({ length }) => length > 0),
    { seed: 1, numRuns: 1 },
  );
  const delta = list?.[0];
  assert.ok(delta);
  return delta;
}

test("a list of deltas comes back from its signed form, with the paths that follow", () => {
  fc.assert(
    fc.property(deltas, (list) => {
      assert.deepEqual(decodeDeltas(written(list), patch), list);
    }),
  );
});

test("two deltas from one version, or more than a list may have, are refused", () => {
  const one = some();
  assert.equal(refusal(written([one, one])), "TRUST_MALFORMED");
  const many = Array.from({ length: deltasMax + 1 }, (_, at): Delta => {
    return { ...one, from: { ...one.from, version: `1.${at}` as Version } };
  });
  assert.equal(decodeDeltas(written(many.slice(1)), patch).length, deltasMax);
  assert.equal(refusal(written(many)), "TRUST_MALFORMED");
});

test("a list of another kind, or with a version that is none, is refused", () => {
  assert.equal(refusal(new Map<string, Json>([["deltas", []]])), "TRUST_MALFORMED");
  const other = new Map<string, Json>([
    ["_type", "causeway-catalogue"],
    ["deltas", []],
  ]);
  assert.equal(refusal(other), "TRUST_MALFORMED");
  for (const version of ["", "../../x", "1/2", "v1"]) {
    const one = some();
    const list = [{ ...one, from: { ...one.from, version: version as Version } }];
    assert.equal(refusal(written(list)), "TRUST_MALFORMED", version);
  }
});

test("any JSON at all is a list, or refused", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const read = valueOrCode(() => {
        const list = `{"_type":"causeway-deltas","deltas":${text}}`;
        return decodeDeltas(parseJson(Buffer.from(list), "list"), patch);
      });
      assert.ok(read === "TRUST_MALFORMED" || (Array.isArray(read) && read.length === 0));
    }),
  );
});
