import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bencode } from "../../src/security/bencode.ts";
import { escaped, plainText } from "../../src/security/markup.ts";
import { pieceLengthOf } from "../../src/security/pieces.ts";

test("no text has markup, controls, directions or half characters once it is shown", () => {
  const nasty = fc.array(
    fc.oneof(
      fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
      fc.constantFrom("<", '"', "&", "\u202e", "\u2066", "\0", "\ud83d\ude00", "\r\n", "\x85"),
    ),
  );
  fc.assert(
    fc.property(nasty, fc.integer({ min: 1, max: 50 }), (parts, lengthMax) => {
      const text = plainText(parts.join(""), lengthMax);
      assert.ok(text.length <= lengthMax && text.isWellFormed());
      assert.doesNotMatch(text, /(?![\t\n])\p{Cc}|[\u202a-\u202e\u2066-\u2069\uffff]/u);
      assert.doesNotMatch(escaped(text), /[<>"']|&(?!(?:amp|lt|gt|#34|#39);)/);
    }),
  );
});

test("bencode writes names in the order of their bytes, and text as bytes", () => {
  const value = { b: [1, -2, "ä"], a: new Uint8Array([0, 255]), "\u{10000}": 0, "\uffff": 0 };
  const text = Buffer.from(bencode(value)).toString("latin1");
  const bytes = (name: string): string => Buffer.from(name).toString("latin1");
  assert.equal(
    text,
    `d1:a2:\0\xff1:bli1ei-2e2:${bytes("ä")}e3:${bytes("\uffff")}i0e4:${bytes("\u{10000}")}i0ee`,
  );
});

test("pieces are powers of two that clients take, and not too many", () => {
  const MiB = 1024 ** 2;
  const lengths = [0, 1, MiB, 512 * MiB, 512 * MiB + 1, 256 * 1024 * MiB];
  const wanted = [0.25, 0.25, 0.25, 0.25, 0.5, 16].map((size) => size * MiB);
  assert.deepEqual(lengths.map(pieceLengthOf), wanted);
});
