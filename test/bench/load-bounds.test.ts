import assert from "node:assert/strict";
import { test } from "node:test";
import { runWrk } from "../../bench/shield/wrk.ts";

const load = { port: 80, path: "/", connections: 1, seconds: 1, closing: false };

test("wrk is started at no other machine", async () => {
  const elsewhere = [
    { ...load, path: "@192.0.2.1/" },
    { ...load, path: ".example/" },
    { ...load, port: Number.NaN },
    { ...load, port: 0.5 },
    { ...load, port: 65_536 },
  ];
  for (const each of elsewhere) await assert.rejects(runWrk(each), /no port, or no path/);
});

test("wrk is bounded in connections and time", async () => {
  const tooMuch = [
    { ...load, connections: 1_001 },
    { ...load, seconds: 61 },
    { ...load, connections: Number.NaN },
  ];
  for (const each of tooMuch) await assert.rejects(runWrk(each), /too much load/);
});
