import assert from "node:assert/strict";
import { test } from "node:test";
import { hostNameOf } from "../src/host-name.ts";

test("a host name is compared without case, and without a dot at its end", () => {
  assert.equal(hostNameOf("Update.Example.COM."), "update.example.com");
  assert.equal(hostNameOf("a_b-1"), "a_b-1");
  const longest = `${"a.".repeat(126)}a`;
  assert.equal(hostNameOf(`${longest}.`), longest);
});

test("what is no host name is none, however long", () => {
  const label = "a".repeat(64);
  const wrong = ["", ".", "-a", "a..b", ".a", "a b", "a:80", "ä", label, `x.${label}`];
  for (const text of wrong) assert.equal(hostNameOf(text), undefined, text);
  // Backtracking over labels would take years.
  assert.equal(hostNameOf(`${"a".repeat(60)}!`), undefined);
  assert.equal(hostNameOf("a.".repeat(100_000)), undefined);
});
