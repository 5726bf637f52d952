import assert from "node:assert/strict";
import { test } from "node:test";
import type { HttpRequest } from "../../src/exchange.ts";
import { forwardedFor } from "../../src/shield/forwarded-for.ts";

function told(text: string | undefined): string | undefined {
  return forwardedFor({ headers: { "x-forwarded-for": text } } as unknown as HttpRequest);
}

test("what an edge saw is the last address, with or without a port", () => {
  const seen = {
    "192.0.2.1": "192.0.2.1",
    "9.9.9.9, 192.0.2.1": "192.0.2.1",
    "9.9.9.9,192.0.2.1 ": "192.0.2.1",
    "192.0.2.1:40000": "192.0.2.1",
    "2001:db8::1": "2001:db8::1",
    "[2001:db8::1]": "2001:db8::1",
    "[2001:db8::1]:40000": "2001:db8::1",
  };
  for (const [text, address] of Object.entries(seen)) assert.equal(told(text), address, text);
});

test("what is no address is nobody's", () => {
  const texts = ["", ",", "192.0.2.1,", "unknown", "192.0.2.1.5", "192.0.2.1:", "192.0.2.1:a"];
  texts.push("[192.0.2.1]:1x", "[]", "[2001:db8::1", "1".repeat(8_000), `${"1.".repeat(4_000)}:`);
  for (const text of texts) assert.equal(told(text), undefined, text.slice(0, 40));
  assert.equal(told(undefined), undefined);
});
