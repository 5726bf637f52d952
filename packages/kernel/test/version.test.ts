import assert from "node:assert/strict";
import { test } from "node:test";
import { compareVersions, isVersion, toVersion, type Version } from "@causeway/kernel";
import fc from "fast-check";
import { codeOf } from "./support/throws.ts";

const number = fc.oneof(fc.nat(20), fc.integer({ min: 0, max: 999_999_999_999_999 })).map(String);
const identifier = fc.oneof(
  fc.nat(20).map(String),
  fc.constantFrom("alpha", "beta", "rc", "x-y", "A"),
);
const version = fc
  .tuple(fc.array(number, { minLength: 1, maxLength: 4 }), fc.array(identifier, { maxLength: 3 }))
  .map(([numbers, pre]) => numbers.join(".") + (pre.length > 0 ? `-${pre.join(".")}` : ""))
  .filter(isVersion); // some are too long

test("versions of real products are read, and what is none is refused with an example", () => {
  for (const text of ["1", "24.21.0", "10.0.19041.388", "2.0.0-rc.1", "1.0.0-x-y.7"]) {
    assert.ok(isVersion(text), text);
  }
  for (const text of [
    "",
    "v1",
    "1.",
    ".1",
    "1..2",
    "1.2.3-",
    "1.2.3-a..b",
    "1.2.3+build",
    "1 ",
    " 1",
    "1\n",
    "latest",
    "1.x",
    "-1",
    "1.2.3.4.5.6.7.8.9",
    "1234567890123456",
    "٣",
    `1-${"a".repeat(70)}`,
  ]) {
    assert.equal(
      codeOf(() => toVersion(text)),
      "USAGE_VERSION",
      text,
    );
  }
  assert.throws(() => toVersion("new\nline"), /"new\\nline" is not a version; write numbers/);
});

test("the order is that of Semantic Versioning, with any count of numbers", () => {
  const ascending = [
    "0.9",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.0.1",
    "1.0.1",
    "1.2",
    "1.10",
    "10.0.19041.388",
  ].map(toVersion);
  ascending.forEach((left, at) => {
    ascending.forEach((right, other) => {
      const order = Math.sign(compareVersions(left, right));
      assert.equal(order, Math.sign(at - other), `${left} and ${right}`);
    });
  });
});

test("trailing zeros and leading zeros make no difference", () => {
  assert.equal(compareVersions("1.0" as Version, "1.0.0" as Version), 0);
  assert.equal(compareVersions("1.02" as Version, "1.2" as Version), 0);
});

test("the order is one: opposite when turned round, and without cycles", () => {
  fc.assert(
    fc.property(version, version, version, (a, b, c) => {
      assert.equal(compareVersions(a, a), 0);
      assert.equal(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a)), 0);
      const sorted = [a, b, c].toSorted(compareVersions);
      const [first, , last] = sorted;
      assert.ok(first !== undefined && last !== undefined && compareVersions(first, last) <= 0);
    }),
  );
});
