import assert from "node:assert/strict";
import { test } from "node:test";
import {
  canonicalJson,
  compareCodePoints,
  InvariantBroken,
  type Json,
  parseJson,
} from "@causeway/kernel";
import fc from "fast-check";

const text = (value: Parameters<typeof canonicalJson>[0]): string => {
  return new TextDecoder().decode(canonicalJson(value));
};

const word = fc.string({ unit: "grapheme", maxLength: 8 });
const json = fc.letrec<{ any: Json }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    fc.constantFrom(null, true, false),
    fc.maxSafeInteger().map((value) => value + 0), // no negative zero
    word,
    fc.array(tie("any"), { maxLength: 4 }),
    fc.array(fc.tuple(word, tie("any")), { maxLength: 4 }).map((members): Json => new Map(members)),
  ),
})).any;

test("what is signed has no white space, and its names stand in code point order", () => {
  assert.equal(
    text({ b: [1, -2, true, null], a: { "": "x" }, A: undefined }),
    '{"a":{"":"x"},"b":[1,-2,true,null]}',
  );
  assert.equal(
    text(
      new Map([
        ["z", 0],
        ["é", 1],
        ["Z", 2],
      ]),
    ),
    '{"Z":2,"z":0,"é":1}',
  );
});

test("names above U+FFFF come after all others, although their UTF-16 units do not", () => {
  const names = ["\u{10000}", "\uffff"];
  assert.deepEqual(names.toSorted(), names, "which is why plain comparing is wrong");
  assert.deepEqual(names.toSorted(compareCodePoints), names.toReversed());
  assert.equal(text({ "\u{10000}": 1, "\uffff": 2 }), '{"\uffff":2,"\u{10000}":1}');
});

test("only quotation marks and backslashes are escaped", () => {
  assert.equal(text('a"b\\c\n\u0000é'), '"a\\"b\\\\c\n\u0000é"');
});

test("a number that is no safe integer, and a lone surrogate, are bugs of ours", () => {
  for (const value of [0.5, Number.NaN, 2 ** 53, "\ud800", { "\udc00": 1 }]) {
    assert.throws(() => canonicalJson(value), InvariantBroken);
  }
});

test("the canonical form does not depend on the order of the names", () => {
  fc.assert(fc.property(json, (value) => assert.equal(text(value), text(reversed(value)))));
});

test("canonical bytes without control characters are read back as they were", () => {
  fc.assert(
    fc.property(json, (value) => {
      const bytes = canonicalJson(value);
      // The canonical form leaves control characters as they are, which is not JSON.
      fc.pre(!bytes.some((byte) => byte < 0x20));
      assert.deepEqual(canonicalJson(parseJson(bytes, "document")), bytes);
    }),
  );
});

test("comparing by code point agrees with comparing the UTF-8 bytes", () => {
  const unit = fc.constantFrom("a", "b", "é", "\ue000", "\uffff", "\u{10000}", "\u{10ffff}");
  const pieces = fc.array(unit, { maxLength: 4 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(pieces, pieces, (a, b) => {
      const expected = Buffer.compare(Buffer.from(a), Buffer.from(b));
      assert.equal(Math.sign(compareCodePoints(a, b)), expected);
    }),
  );
});

function reversed(value: Json): Json {
  if (Array.isArray(value)) return value.map(reversed);
  if (!(value instanceof Map)) return value;
  return new Map([...value].toReversed().map(([name, member]) => [name, reversed(member)]));
}
