import assert from "node:assert/strict";
import { test } from "node:test";
import { RouteError } from "@causeway/kernel";
import { clientLimits } from "../src/limits.ts";
import { parseRoutes } from "../src/routes/parse-route.ts";
import { RouteRace } from "../src/routes/race.ts";
import { rankRoutes } from "../src/routes/ranking.ts";
import { RetryBudget } from "../src/routes/retry-budget.ts";
import type { Route } from "../src/routes/route.ts";
import { VirtualClock } from "./support/virtual-clock.ts";

/** What a route does each time that it is asked, the last one for ever. */
type Script = readonly ((route: Route, clock: VirtualClock) => string | Promise<string>)[];

const says = (): string => "yes";
const dead = (route: Route): never => {
  throw new RouteError("ROUTE_UNREACHABLE", route.id, "refused the connection");
};
const busy = (route: Route): never => {
  route.answered(5, undefined);
  throw new RouteError("ROUTE_REFUSED", route.id, "answered 503");
};
const restsFor =
  (ms: number) =>
  (route: Route, clock: VirtualClock): never => {
    route.answered(5, undefined);
    route.rest(clock.steady() + ms);
    throw new RouteError("ROUTE_REFUSED", route.id, "answered 503", { retryAfterMs: ms });
  };
const hangs = async (route: Route, clock: VirtualClock): Promise<string> => {
  await clock.sleep(6_000);
  throw new RouteError("ROUTE_UNREACHABLE", route.id, "gave no answer");
};
const lies = (route: Route): never => {
  throw new RouteError("ROUTE_LIED", route.id, "sent other bytes");
};

/** Brings documents for a long while, and then stumbles. */
const worksLong = async (route: Route, clock: VirtualClock): Promise<string> => {
  await clock.sleep(15_000);
  route.kept(100);
  return busy(route);
};

/** A race of routes that follow scripts, on virtual time. */
function raceOf(
  scripts: readonly Script[],
  retries = new RetryBudget(),
  signal = new AbortController().signal,
) {
  const clock = new VirtualClock();
  const routes = parseRoutes(scripts.map((_, index) => `http://r${index}/`));
  const asked = routes.map((): number[] => []);
  const race = new RouteRace({
    ports: { clock, random: { uint32: () => 2 ** 31 } },
    routes,
    async job(route) {
      const index = routes.indexOf(route);
      const script = scripts[index] ?? [];
      const act = script[Math.min(asked[index]?.length ?? 0, script.length - 1)];
      asked[index]?.push(clock.steady());
      return (await act?.(route, clock)) ?? "";
    },
    limits: clientLimits.metadata,
    retries,
    signal,
  });
  return { clock, race, asked, routes };
}

const passing: readonly [string, Script][] = [
  ["refuses once", [busy, says]],
  ["refuses four times", [busy, busy, busy, busy, says]],
  ["cannot be reached once", [dead, says]],
  ["asks for 29 s of rest", [restsFor(29_000), says]],
  ["gives no answer once", [hangs, says]],
];

for (const [name, script] of passing) {
  test(`the only honest route ${name}: it is asked again`, async () => {
    for (const scripts of [[script], [[dead], script], [[lies], script, [dead]]]) {
      const { clock, race } = raceOf(scripts);
      assert.equal(await clock.run(race.first()), "yes");
      assert.equal(clock.sleepers, 0);
    }
  });
}

test("one refusal does not put a route out that has brought documents for long", async () => {
  const { clock, race, asked } = raceOf([[worksLong, says]]);
  assert.equal(await clock.run(race.first()), "yes");
  assert.equal(asked[0]?.length, 2);
});

test("a route that lied is not asked again, and one that fails and fails is out at last", async () => {
  const { clock, race, asked } = raceOf([[lies], [dead], [busy], [hangs]]);
  assert.equal(await clock.run(race.first()), undefined);
  const { failuresMax } = clientLimits.metadata;
  assert.deepEqual(
    asked.map(({ length }) => length),
    [1, failuresMax, failuresMax, 2],
  );
  assert.ok(clock.steady() < 20_000);
});

test("waits between failures grow", async () => {
  const { clock, race, asked } = raceOf([[dead]]);
  await clock.run(race.first());
  const waits = (asked[0] ?? []).slice(1).map((at, index) => at - (asked[0]?.[index] ?? 0));
  assert.ok(waits.every((wait, index) => index === 0 || wait > (waits[index - 1] ?? 0)));
  assert.equal(waits[0], clientLimits.metadata.backoffMs.base);
});

test("nobody is waited for longer than the bound, all in all", async () => {
  const { clock, race, asked } = raceOf([[restsFor(20_000)], [restsFor(31_000)]]);
  assert.equal(await clock.run(race.first()), undefined);
  assert.deepEqual(asked, [[0, 20_000], [0]]);
});

test("who asked for rest is not asked before, whatever else fails", async () => {
  const { clock, race, asked } = raceOf([[dead], [restsFor(9_000), says]]);
  assert.equal(await clock.run(race.first()), "yes");
  assert.deepEqual(asked[1], [0, 9_000]);
});

test("failures of all clients of a process are paid from one budget", async () => {
  const { clock, race, asked } = raceOf(
    [[dead], [dead]],
    new RetryBudget({ burst: 1, msEach: 4_000, perSuccess: 0 }),
  );
  await clock.run(race.first());
  const retries = asked.flat().length - 2;
  assert.ok(retries > 1);
  assert.ok(clock.steady() >= (retries - 1) * 4_000);
});

test("beside one that delivered, a busy server is waited for, and a dead one is not", async () => {
  const once = async (script: Script) => {
    const { clock, race, asked } = raceOf([[says], script]);
    await clock.run(race.first());
    const values = await clock.run(race.rest(800, (_, isBusy) => (isBusy ? 3_000 : 0)));
    return { values: values.length, ms: clock.steady(), asked: asked[1]?.length };
  };
  assert.deepEqual(await once([dead]), { values: 1, ms: 0, asked: 1 });
  assert.deepEqual(await once([busy, says]), { values: 2, ms: 200, asked: 2 });
  assert.deepEqual(await once([restsFor(2_000), says]), { values: 2, ms: 2_000, asked: 2 });
  assert.deepEqual(await once([restsFor(5_000), says]), { values: 1, ms: 0, asked: 1 });
});

test("an abort is heard while all rest", async () => {
  const controller = new AbortController();
  const { clock, race } = raceOf([[restsFor(20_000)]], undefined, controller.signal);
  const reason = new Error("enough");
  void clock.sleep(700).then(() => controller.abort(reason));
  await assert.rejects(clock.run(race.first()), reason);
  assert.equal(clock.steady(), 700);
  assert.equal(clock.sleepers, 0);
});

test("however many are dead, one that stumbles has its next try before theirs", async () => {
  const many = Array.from({ length: 31 }, (): Script => [dead]);
  const { clock, race, asked } = raceOf([...many, [busy, busy, busy, busy, says]]);
  assert.equal(await clock.run(race.first()), "yes");
  assert.equal(asked[31]?.length, 5);
  assert.ok(clock.steady() < 10_000, `${clock.steady()} ms`);
});

test("who took long while another was through is asked later for the next document", async () => {
  const { clock, race, routes } = raceOf([[hangs], [says]]);
  assert.equal(await clock.run(race.first()), "yes");
  race.end();
  assert.deepEqual(rankRoutes(routes), [routes[1], routes[0]]);
});
