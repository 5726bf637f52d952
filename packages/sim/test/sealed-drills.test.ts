import assert from "node:assert/strict";
import { test } from "node:test";
import { Dice } from "../src/dice.ts";
import { type DrillReport, runDrill } from "../src/drill.ts";
import { type Behaviour, honest } from "../src/routes/behaviour.ts";
import { drawBehaviour } from "../src/routes/families.ts";
import { givingReserveKeys } from "../src/routes/reserve-keys.ts";
import { cleanTraits } from "../src/stage.ts";
import type { CrashDraw, RouteDraw, Swarm } from "../src/swarm.ts";
import type { ListedHost } from "../src/vendor/list.ts";
import { quietSwarm } from "./support/quiet-swarm.ts";

const minute = 60_000;
const seeds = Array.from({ length: 8 }, (_, at) => at + 1);

function route(name: string, behaviour: Behaviour = honest, deadFrom?: number): RouteDraw {
  const outages = deadFrom === undefined ? [] : [{ from: deadFrom, to: 1e12 }];
  return { name, traits: { ...cleanTraits(20, 1e6), outages }, lagMs: 0, behaviour };
}

function listed(name: string, shard?: number): ListedHost {
  return { name, state: "active", priority: 1, ...(shard !== undefined && { shard }) };
}

function asked(report: DrillReport, name: string): boolean {
  return report.trace.some((line) => line.includes(`${name} is asked for`));
}

/**
 * The customer is given r0, which dies after three minutes; r1 is bad, and r2 honest, and a reserve of
 * shard 2. A patch is out that only who reaches r2 can get.
 */
function drill(seed: number, front: Behaviour, change: Partial<Swarm>): Promise<DrillReport> {
  const bad = drawBehaviour(new Dice(seed), () => 0, false);
  const swarm = quietSwarm({
    routes: [route("r0", front, 3 * minute), route("r1", bad), route("r2")],
    given: [0],
    honest: 2,
    pollMs: 20_000,
    retryMs: 5_000,
    safetyMs: 5 * minute,
    ...change,
  });
  return runDrill(seed, swarm);
}

const sealed = { at: 1_000, what: { list: [listed("r0"), listed("r1"), listed("r2", 2)] } };
const alone = { at: 1_000, what: { list: [listed("r0"), listed("r2", 2)] } };
const patch = { at: 4 * minute, what: { patch: true } };

test("a customer that was given a key in calm times gets the patch over the reserve, whatever crashes", async () => {
  for (const seed of seeds) {
    const dice = new Dice(seed);
    const crashes = [1, 2, 3].map((): CrashDraw => {
      return { kind: "kill", run: dice.between(1, 6), at: { operation: dice.spread(1, 120) } };
    });
    const front = givingReserveKeys(honest, 1, 2);
    const report = await drill(seed, front, { publications: [alone, patch], crashes });
    assert.equal(report.broken?.message, undefined, `seed ${seed}: ${report.routes.join("; ")}`);
    assert.equal(asked(report, "r2"), true);
  }
});

test("a reserve that is opened in the middle of a drill is enough", async () => {
  let needed = 0;
  for (const seed of seeds) {
    const open = { at: 2 * minute, what: { list: ["r0", "r1", "r2"].map((name) => listed(name)) } };
    const report = await drill(seed, honest, { publications: [sealed, open, patch] });
    assert.equal(report.broken?.message, undefined, `seed ${seed}: ${report.routes.join("; ")}`);
    if (asked(report, "r2")) needed++;
  }
  assert.ok(needed >= seeds.length / 2, `${needed}`); // some bad routes bring a patch in the end
});

test("a reserve is not asked while another route delivers", async () => {
  const front = givingReserveKeys(honest, 2);
  const early = { at: minute, what: { patch: true } };
  const list = { at: 1_000, what: { list: [listed("r0"), listed("r2", 2)] } };
  const report = await drill(1, front, {
    routes: [route("r0", front), route("r1"), route("r2")],
    honest: 0,
    publications: [list, early],
  });
  assert.equal(report.broken?.message, undefined);
  assert.equal(asked(report, "r2"), false);
});

test("the checkers see a customer that cannot open the only reserve that is left", async () => {
  for (const front of [honest, givingReserveKeys(honest, 1)]) {
    const report = await drill(1, front, { publications: [alone, patch] });
    assert.equal(report.broken?.law, 2);
    assert.equal(asked(report, "r2"), false);
  }
});
