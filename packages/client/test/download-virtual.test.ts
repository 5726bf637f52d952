import assert from "node:assert/strict";
import { test } from "node:test";
import { download } from "../src/download/download.ts";
import { parseRoute, type Route } from "../src/routes/route.ts";
import { programBytes, publish } from "./support/download-fixture.ts";
import {
  MemoryStore,
  seeded,
  VirtualClock,
  type VirtualRoute,
  virtualPorts,
} from "./support/virtual-world.ts";

const patch = publish(programBytes(6_000_000, 51), { pack: false });
const { length } = patch.target;

interface Outcome {
  readonly ms: number;
  readonly trace: readonly string[];
  readonly routes: readonly Route[];
  readonly downloaded: number;
}

/** The engine itself, on virtual time: minutes of it take moments. */
async function simulate(seed: number, virtual: readonly VirtualRoute[]): Promise<Outcome> {
  const clock = new VirtualClock();
  const trace: string[] = [];
  const ports = virtualPorts(clock, seed, patch.files, virtual, trace);
  const store = new MemoryStore();
  const routes = virtual.map(({ host }) => parseRoute(`http://${host}/`));
  const { target, release } = patch;
  const output = { store, name: "app" };
  const { downloaded } = await clock.run(download(ports, { target, release, routes, output }));
  assert.deepEqual([...store.files.keys()], ["app"]);
  assert.ok(Buffer.compare(store.files.get("app") ?? new Uint8Array(), patch.bytes) === 0);
  assert.equal(clock.sleepers, 0, "no timer is left behind");
  return { ms: clock.steady(), trace, routes, downloaded };
}

const honest = { latencyMs: 30, bytesPerSecond: 1_000_000, diesAt: Infinity, liesEvery: undefined };

/** Up to five routes of any kind, and one honest one among them. */
function drawn(seed: number): VirtualRoute[] {
  const random = seeded(seed);
  const below = (bound: number): number => random.uint32() % bound;
  const routes = Array.from({ length: below(5) }, (_, index): VirtualRoute => {
    return {
      host: `r${index}`,
      latencyMs: 5 + below(400),
      bytesPerSecond: 10 ** (3 + below(5)),
      diesAt: below(2) === 0 ? below(8_000) : Infinity,
      liesEvery: below(3) === 0 ? 20_000 + below(1_000_000) : undefined,
    };
  });
  routes.splice(below(routes.length + 1), 0, { ...honest, host: "honest" });
  return routes;
}

void test("one honest route is enough, in any company, within its own time and a little", async () => {
  const aloneMs = (length * 1000) / honest.bytesPerSecond;
  for (let seed = 1; seed <= 30; seed++) {
    const routes = drawn(seed);
    const told = `seed ${seed}: ${JSON.stringify(routes)}`;
    const outcome = await simulate(seed, routes);
    assert.ok(outcome.ms <= aloneMs * 1.1 + 1_000, `${outcome.ms} ms, ${told}`);
    const own = outcome.routes.find((route) => route.id.includes("honest"));
    assert.notEqual(own?.state, "lying", told);
    // Each lie costs a run, each death and each race at the end one more.
    assert.ok(outcome.downloaded < length * 1.1, `${outcome.downloaded} bytes, ${told}`);
  }
});

void test("the same seed gives the same run, request by request", async () => {
  for (const seed of [3, 8, 20]) {
    const [one, two] = [await simulate(seed, drawn(seed)), await simulate(seed, drawn(seed))];
    assert.deepEqual(one.trace, two.trace);
  }
});

void test("four equal routes take a quarter of the time, and waste nothing", async () => {
  const four = ["a", "b", "c", "d"].map((host) => ({ ...honest, host }));
  const { ms, downloaded } = await simulate(1, four);
  assert.ok(ms < ((length * 1000) / 4e6) * 1.2 + 200, `${ms} ms`);
  assert.ok(downloaded < length + 100_000, String(downloaded));
});

void test("a long round trip does not keep routes from being full", async () => {
  const far = ["a", "b"].map((host) => ({ ...honest, host, latencyMs: 250 }));
  const { ms } = await simulate(1, far);
  assert.ok(ms < ((length * 1000) / 2e6) * 1.1 + 4 * 250, `${ms} ms`);
});

void test("a route ten times slower delays nobody", async () => {
  const four = ["a", "b", "c", "d"].map((host) => ({ ...honest, host }));
  const slow = { ...honest, host: "slow", bytesPerSecond: 100_000 };
  const { ms, downloaded } = await simulate(1, [slow, ...four.slice(1)]);
  assert.ok(ms < ((length * 1000) / 3.1e6) * 1.2 + 200, `${ms} ms`);
  assert.ok(downloaded < length + 300_000, String(downloaded));
});

void test("dead routes are asked ever more rarely while another delivers", async () => {
  const dead = { ...honest, host: "dead", diesAt: 0 };
  const slow = { ...honest, host: "slow", bytesPerSecond: 20_000 };
  const { trace, ms } = await simulate(1, [dead, slow]);
  const asked = trace.filter((line) => line.includes(" dead "));
  assert.ok(ms > 200_000 && asked.length <= 8, `${asked.length} requests in ${ms} ms`);
});

void test("whoever loses a race is cancelled at once, and told when it had fallen silent", async () => {
  const dies = { ...honest, host: "dies", diesAt: 1_000 };
  const slow = { ...honest, host: "slow", bytesPerSecond: 50_000, latencyMs: 900 };
  const { trace, ms, routes } = await simulate(1, [dies, slow, { ...honest, host: "good" }]);
  const cancelled = trace.find((line) => line.endsWith(" dies cancelled"));
  assert.ok(cancelled !== undefined && Number.parseFloat(cancelled) < ms, `${cancelled} of ${ms}`);
  assert.equal(routes[0]?.state, "slow");
  assert.match(routes[0]?.error?.message ?? "", /sent nothing for [\d.]+ s/);
});

void test("routes that drip right bytes, however many, do not shut out one that is quick", async () => {
  const drip = { latencyMs: 30, bytesPerSecond: 20_000, diesAt: Infinity, liesEvery: undefined };
  const drips = Array.from({ length: 40 }, (_, at): VirtualRoute => ({ ...drip, host: `r${at}` }));
  const { ms } = await simulate(7, [...drips, { ...honest, host: "honest" }]);
  const aloneMs = (length * 1000) / honest.bytesPerSecond;
  assert.ok(ms < aloneMs + 12_000, `${ms} ms`);
});
