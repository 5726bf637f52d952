import assert from "node:assert/strict";
import { test } from "node:test";
import { type Json, parseJson } from "@causeway/kernel";
import fc from "fast-check";
import { codeOf, valueOrCode } from "./support/throws.ts";

const parse = (text: string): Json => parseJson(new TextEncoder().encode(text), "document");

const refused: readonly (readonly [why: string, text: string])[] = [
  ["nothing", ""],
  ["only white space", " \n"],
  ["bytes after the end", "{} x"],
  ["two documents", "{}{}"],
  ["a duplicate name", '{"a":1,"a":2}'],
  ["a duplicate name, once escaped", '{"a":1,"\\u0061":2}'],
  ["a fraction", "1.5"],
  ["a fraction of zero", "1.0"],
  ["an exponent", "1e3"],
  ["an integer beyond 2^53-1", "9007199254740992"],
  ["an integer below -(2^53-1)", "-9007199254740992"],
  ["negative zero", "-0"],
  ["a leading zero", "01"],
  ["a plus sign", "+1"],
  ["NaN", "NaN"],
  ["a trailing comma in an array", "[1,]"],
  ["a trailing comma in an object", '{"a":1,}'],
  ["a missing colon", '{"a" 1}'],
  ["a name without quotation marks", "{a:1}"],
  ["single quotation marks", "'a'"],
  ["a comment", "/**/1"],
  ["an array without its end", "[1"],
  ["an object without its end", '{"a":1'],
  ["a string without its end", '"a'],
  ["a string that ends in a backslash", '"a\\'],
  ["a control character", '"a\nb"'],
  ["an unknown escape", '"\\x41"'],
  ["half an escape", '"\\u12"'],
  ["an escaped lone surrogate", '"\\ud800"'],
  ["a byte order mark", "\ufeff{}"],
  ["a cut word", "tru"],
  ["a word too long", "nulll"],
  ["65 arrays in each other", "[".repeat(66) + "]".repeat(66)],
  ["a hundred thousand arrays in each other", "[".repeat(100_000)],
];
for (const [why, text] of refused) {
  test(`a document with ${why} is refused`, () => {
    assert.equal(
      codeOf(() => parse(text)),
      "TRUST_MALFORMED",
    );
  });
}

test("bytes that are not UTF-8 are refused", () => {
  for (const bytes of [
    [0x22, 0xff, 0x22],
    [0x22, 0xc0, 0x80, 0x22],
    [0x22, 0xed, 0xa0, 0x80, 0x22],
  ]) {
    assert.equal(
      codeOf(() => parseJson(Uint8Array.from(bytes), "document")),
      "TRUST_MALFORMED",
    );
  }
});

test("the refusal names the document and the place", () => {
  assert.throws(
    () => parseJson(new TextEncoder().encode("[1,x]"), "snapshot"),
    /^TrustError: snapshot: .*character 3/,
  );
});

test("a refusal is short, however long the name that it tells", () => {
  const name = "n".repeat(100_000);
  assert.throws(
    () => parse(`{"${name}":1,"${name}":2}`),
    (error: Error) => error.message.length < 300,
  );
});

test("names that mean something to JavaScript are only names", () => {
  const value = parse('{"__proto__":1,"constructor":2,"toString":3}');
  assert.ok(value instanceof Map);
  assert.deepEqual(
    [...value],
    [
      ["__proto__", 1],
      ["constructor", 2],
      ["toString", 3],
    ],
  );
});

test("white space, escapes and nesting are read as RFC 8259 says", () => {
  assert.deepEqual(
    parse(
      ' [ { } , [ ] , "\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00" , -12 , 0 , true , false , null ]\r\n\t',
    ),
    [new Map(), [], '"\\/\b\f\n\r\té😀', -12, 0, true, false, null],
  );
  assert.equal(parse("9007199254740991"), Number.MAX_SAFE_INTEGER);
  assert.ok(Array.isArray(parse("[".repeat(65) + "]".repeat(65))));
});

test("what JSON.parse accepts without numbers is read the same", () => {
  const plain = fc.jsonValue({ noUnicodeString: false }).filter((value) => {
    return !/[0-9]/.test(JSON.stringify(value));
  });
  fc.assert(
    fc.property(plain, (value) => {
      const shown = JSON.stringify(value);
      fc.pre(shown.isWellFormed() && !/\\u[dD][89a-fA-F]/.test(shown));
      assert.deepEqual(toPlain(parse(shown)), JSON.parse(shown));
    }),
  );
});

test("hostile text is refused or read, never anything else, and what is read is JSON", () => {
  const piece = fc.constantFrom(
    ...Array.from('{}[]:,"\\-0129.eEtrufalsn \n'),
    '"a"',
    '"a":',
    "\\u0061",
    "é",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join("");
      const read = valueOrCode(() => [parse(text)]);
      if (typeof read === "string") assert.equal(read, "TRUST_MALFORMED");
      else assert.doesNotThrow(() => JSON.parse(text));
    }),
    { numRuns: 3000 },
  );
});

test("there are at most 2^19 objects and arrays that hold something", () => {
  const most = 2 ** 19;
  for (const each of ["[0]", '{"a":0}']) {
    const document = (count: number): string => `[${`${each},`.repeat(count - 2)}${each}]`;
    assert.ok(Array.isArray(parse(document(most))));
    assert.equal(
      codeOf(() => parse(document(most + 1))),
      "TRUST_MALFORMED",
    );
  }
});

test("what is empty costs a document little, and there are at most 2^21 values", () => {
  const count = 2 ** 21;
  const arrays = (values: number): string => `[${"[],".repeat(values - 2)}[]]`;
  assert.ok(Array.isArray(parse(arrays(count))));
  assert.equal(
    codeOf(() => parse(arrays(count + 1))),
    "TRUST_MALFORMED",
  );
});

test("reading is linear: a megabyte of small members takes no time to speak of", () => {
  const members = Array.from({ length: 60_000 }, (_, at) => `"name-${at}":${at}`);
  const bytes = new TextEncoder().encode(`{${members.join(",")}}`);
  const started = performance.now();
  assert.ok(parseJson(bytes, "document") instanceof Map);
  assert.ok(performance.now() - started < 3000); // quadratic would be minutes
});

function toPlain(value: Json): unknown {
  if (Array.isArray(value)) return value.map(toPlain);
  if (!(value instanceof Map)) return value;
  const plain: unknown = Object.fromEntries([...value].map(([name, one]) => [name, toPlain(one)]));
  return plain;
}
