import assert from "node:assert/strict";
import { test } from "node:test";
import { compilePattern } from "@causeway/trust";
import fc from "fast-check";
import { mayMatch } from "../src/pattern.ts";

const cases: readonly (readonly [pattern: string, path: string, isMatch: boolean])[] = [
  ["foo.tgz", "foo.tgz", true],
  ["foo.tgz", "fooxtgz", false],
  ["*.tgz", "foo.tgz", true],
  ["*.tgz", "targets/foo.tgz", false],
  ["targets/*.tgz", "targets/foo.tgz", true],
  ["targets/*.tgz", "targets/foo.txt", false],
  ["foo-version-?.tgz", "foo-version-2.tgz", true],
  ["foo-version-?.tgz", "foo-version-alpha.tgz", false],
  ["?", "/", false],
  ["*", "a/b", false],
  ["**", "a/b", false],
  ["**", "ab", true],
  ["a/**/b", "a/x/y/b", false],
  ["*/*", "a/b", true],
  ["*/*", "a/b/c", false],
  ["*a*b*", "xxaxxbxx", true],
  ["*a*b*", "xxbxxaxx", false],
  ["*", "", true],
  ["?", "😀", true],
  // Brackets.
  ["[abc]x", "bx", true],
  ["[abc]x", "dx", false],
  ["[!abc]x", "dx", true],
  ["[!abc]x", "ax", false],
  ["[a-c0-9]", "7", true],
  ["[a-c0-9]", "d", false],
  ["[]x]", "]", true],
  ["[!]x]", "]", false],
  ["[a-]", "-", true],
  ["[-a]", "-", true],
  ["[?*\\]", "\\", true],
  ["[?*]", "a", false],
  ["[", "[", true],
  ["[ab", "[ab", true],
  ["a[]b", "a[]b", true],
  ["[a/b]", "a", false],
  ["x[.-0]y", "x/y", false],
  // Escapes.
  ["\\*", "*", true],
  ["\\*", "a", false],
  ["\\[a]", "[a]", true],
  ["a\\b", "ab", true],
  // A dot that a segment begins with stands only for itself.
  ["*", ".hidden", false],
  ["?hidden", ".hidden", false],
  ["[.]hidden", ".hidden", false],
  [".*", ".hidden", true],
  ["\\.hidden", ".hidden", true],
  ["a/*", "a/.hidden", false],
  ["*.x", "a.x", true],
  // What other readers make more of is plain text here.
  ["{a,b}", "a", false],
  ["{a,b}", "{a,b}", true],
  ["!a", "b", false],
  ["!a", "!a", true],
  ["#a", "#a", true],
  ["+(a)", "aa", false],
  ["@(a|b)", "a", false],
  // What glob(7) leaves undefined gives nothing.
  ["[^a]", "b", false],
  ["[^a]", "^", false],
  ["[[:alpha:]]", "a", false],
  ["[z-a]", "m", false],
  ["a\\", "a", false],
  ["a\\", "a\\", false],
];

for (const [pattern, path, isMatch] of cases) {
  test(`the pattern ${pattern} ${isMatch ? "matches" : "does not match"} "${path}"`, () => {
    assert.equal(compilePattern(pattern)(path), isMatch);
  });
}

test("a path without special characters matches itself as a pattern", () => {
  const part = fc.stringMatching(/^[A-Za-z0-9._~-]{0,8}$/);
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
      const path = parts.join("/");
      return compilePattern(path)(path);
    }),
  );
});

test("what cannot match by its first look does not match", () => {
  const text = fc.string({ unit: fc.constantFrom(...Array.from("ab*?[]!^-/\\.")), maxLength: 8 });
  fc.assert(
    fc.property(text, text, (pattern, path) => {
      return mayMatch(pattern, path) || !compilePattern(pattern)(path);
    }),
    { numRuns: 5000 },
  );
});

test("no pattern matches a path with another number of slashes", () => {
  const text = fc.string({ unit: fc.constantFrom(...Array.from("ab*?[]!^-/\\.")), maxLength: 12 });
  fc.assert(
    fc.property(text, text, (pattern, path) => {
      const slashes = (of: string): number => of.split("/").length;
      return slashes(pattern) === slashes(path) || !compilePattern(pattern)(path);
    }),
    { numRuns: 2000 },
  );
});

test("a segment of stars and letters matches what a regular expression says", () => {
  const pattern = fc.string({ unit: fc.constantFrom("a", "b", "*", "?"), maxLength: 8 });
  const path = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 10 });
  fc.assert(
    fc.property(pattern, path, (of, text) => {
      const expression = of.replaceAll("?", ".").replaceAll("*", ".*");
      return compilePattern(of)(text) === new RegExp(`^${expression}$`).test(text);
    }),
    { numRuns: 5000 },
  );
});

test("patterns that are made to take long do not", () => {
  const started = process.hrtime.bigint();
  const path = "a".repeat(1000);
  for (const pattern of [
    "a*".repeat(500),
    `${"*a".repeat(300)}b`,
    "[".repeat(1000),
    "[!".repeat(500),
  ]) {
    assert.equal(compilePattern(`${pattern}c`)(path), false);
  }
  assert.ok(process.hrtime.bigint() - started < 5_000_000_000n);
});
