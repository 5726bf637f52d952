import assert from "node:assert/strict";
import { test } from "node:test";
import { Dice } from "../src/dice.ts";
import { type DrillReport, runDrill } from "../src/drill.ts";
import { type Behaviour, honest } from "../src/routes/behaviour.ts";
import { drawBehaviour } from "../src/routes/families.ts";
import { cleanTraits } from "../src/stage.ts";
import type { CrashDraw, RouteDraw, Swarm } from "../src/swarm.ts";
import type { ListedHost } from "../src/vendor/list.ts";
import { quietSwarm } from "./support/quiet-swarm.ts";

const minute = 60_000;
const seeds = Array.from({ length: 25 }, (_, at) => at + 1);

function route(name: string, behaviour: Behaviour = honest, deadFrom?: number): RouteDraw {
  const outages = deadFrom === undefined ? [] : [{ from: deadFrom, to: 1e12 }];
  return { name, traits: { ...cleanTraits(20, 1e6), outages }, lagMs: 0, behaviour };
}

function listed(name: string, state: ListedHost["state"] = "active", priority = 1): ListedHost {
  return { name, state, priority };
}

function drill(seed: number, change: Partial<Swarm> & Pick<Swarm, "routes">): Promise<DrillReport> {
  return runDrill(seed, quietSwarm({ pollMs: 20_000, retryMs: 5_000, given: [0], ...change }));
}

function asked(report: DrillReport, name: string): boolean {
  return report.trace.some((line) => line.includes(`${name} is asked for`));
}

test("a customer that has lost all given routes gets the patch over one that the list names", async () => {
  for (const seed of seeds.slice(0, 8)) {
    const dice = new Dice(seed);
    const bad = drawBehaviour(dice, () => 0, false);
    const report = await drill(seed, {
      routes: [route("r0", honest, minute), route("r1", bad), route("r2")],
      honest: 2,
      publications: [
        { at: 1_000, what: { list: [listed("r0"), listed("r1"), listed("r2")] } },
        { at: 2 * minute, what: { patch: true } },
      ],
      safetyMs: 3 * minute,
    });
    assert.equal(report.broken?.message, undefined, `seed ${seed}: ${report.routes.join("; ")}`);
    assert.equal(asked(report, "r2"), true);
  }
});

test("a retired host is not asked again, whatever crashes, later lists and its own answers do", async () => {
  for (const seed of seeds) {
    const dice = new Dice(seed);
    const crashes = [1, 2, 3].map((): CrashDraw => {
      const kind = dice.pick(["kill", "power cut"] as const);
      return { kind, run: dice.between(1, 6), at: { operation: dice.spread(1, 120) } };
    });
    const others = [listed("r1"), listed("r2", "active", 2)];
    const report = await drill(seed, {
      routes: [
        route("r0"),
        route("r1"),
        route(
          "r2",
          drawBehaviour(dice, () => 0, false),
        ),
      ],
      honest: 1,
      crashes,
      publications: [
        { at: 1_000, what: { list: [listed("r0"), ...others] } },
        { at: minute, what: { list: [listed("r0", "retired"), ...others], patch: true } },
        { at: 3 * minute, what: { list: others } },
        { at: 5 * minute, what: { list: [listed("r0"), ...others], patch: true } },
      ],
      safetyMs: 8 * minute,
    });
    assert.equal(report.broken?.message, undefined, `seed ${seed}`);
  }
});

test("a draining host is left alone beside others that deliver", async () => {
  const report = await drill(3, {
    routes: [route("r0"), route("r1"), route("r2")],
    publications: [
      { at: 1_000, what: { list: [listed("r1"), listed("r2", "draining")] } },
      { at: 2 * minute, what: { patch: true } },
    ],
    safetyMs: 4 * minute,
  });
  assert.equal(report.broken?.message, undefined);
  assert.deepEqual([asked(report, "r1"), asked(report, "r2")], [true, false]);
});
