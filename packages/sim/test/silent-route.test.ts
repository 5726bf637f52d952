import assert from "node:assert/strict";
import { test } from "node:test";
import { getOnce } from "./support/get-once.ts";

const good = { roundTripMs: 30, bytesPerSecond: 1e9 };

test("with the first route silent, all is known in under 1.5 s, and the patch begun before", async () => {
  const silent = { name: "silent", ...good, diesAt: 0 };
  const { got, exchanges } = await getOnce([
    silent,
    { name: "a", ...good },
    { name: "b", ...good },
  ]);
  assert.ok(got.seconds < 1.5, `${got.seconds} s`);
  const first = exchanges.find(({ path }) => path.endsWith(".app.bin"));
  assert.ok(first !== undefined && first.askedAt < 500, `${first?.askedAt} ms`);
});
