import assert from "node:assert/strict";
import { test } from "node:test";
import { isEntrancePort } from "@causeway/kernel";

test("an entrance is at no port of another protocol", () => {
  for (const port of [80, 443, 1024, 8080, 9001, 65_535])
    assert.ok(isEntrancePort(port), `${port}`);
  const others = [
    0,
    22,
    25,
    53,
    1023,
    2049,
    5060,
    6000,
    6667,
    10_080,
    65_536,
    -80,
    80.5,
    Number.NaN,
  ];
  for (const port of [...others, "8080", null, undefined, [8080], 8080n]) {
    assert.equal(isEntrancePort(port), false, String(port));
  }
});
