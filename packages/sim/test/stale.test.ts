import assert from "node:assert/strict";
import { test } from "node:test";
import { runDrill } from "../src/drill.ts";
import { honest } from "../src/routes/behaviour.ts";
import { cleanTraits } from "../src/stage.ts";
import { quietSwarm } from "./support/quiet-swarm.ts";

test("a near route that is behind does not win for ever over an honest one far away", async () => {
  const behind = { name: "near", traits: cleanTraits(5, 1e6), lagMs: 1e9, behaviour: honest };
  const far = { name: "far", traits: cleanTraits(180, 1e6), lagMs: 0, behaviour: honest };
  const report = await runDrill(
    1,
    quietSwarm({
      routes: [behind, far],
      honest: 1,
      steadfast: true,
      publications: [{ at: 10_000, what: { patch: true } }],
      pollMs: 30_000,
    }),
  );
  assert.equal(report.broken?.message, undefined);
});
