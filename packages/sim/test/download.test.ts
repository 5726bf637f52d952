import assert from "node:assert/strict";
import { test } from "node:test";
import { Dice } from "../src/dice.ts";
import { plainAnswer } from "../src/network/reply.ts";
import type { Behaviour } from "../src/routes/behaviour.ts";
import { corruptingEvery } from "../src/routes/wrong-bytes.ts";
import { bulk, getOnce, type WrittenRoute } from "./support/get-once.ts";

const { length } = bulk;
const good = { name: "good", roundTripMs: 30, bytesPerSecond: 1_000_000 };
const aloneMs = (length * 1000) / good.bytesPerSecond;

/** Up to five routes of any kind, and one good one among them. */
function drawn(seed: number): WrittenRoute[] {
  const dice = new Dice(seed);
  const routes = Array.from({ length: dice.below(5) }, (_, index): WrittenRoute => {
    return {
      name: `r${index}`,
      roundTripMs: dice.between(5, 400),
      bytesPerSecond: 10 ** dice.between(3, 7),
      ...(dice.chance(1, 2) && { diesAt: dice.below(10_000) }),
      ...(dice.chance(1, 3) && { behaviour: corruptingEvery(dice.between(20_000, 1_000_000)) }),
    };
  });
  routes.splice(dice.below(routes.length + 1), 0, good);
  return routes;
}

test("one honest route is enough, in any company, within its own time and a little", async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const routes = drawn(seed);
    const told = `seed ${seed}: ${JSON.stringify(routes)}`;
    const { fetchMs, got } = await getOnce(routes, seed);
    assert.ok(fetchMs <= aloneMs * 1.1 + 1_500, `${fetchMs} ms, ${told}`);
    const own = got.routes.find(({ url }) => url.includes("good"));
    assert.notEqual(own?.state, "lying", told);
    // Each lie costs a run, each death and each race at the end one more.
    assert.ok(got.downloaded < length * 1.1 + 50_000, `${got.downloaded} bytes, ${told}`);
  }
});

test("the same seed gives the same run, event by event", async () => {
  for (const seed of [3, 8]) {
    const [one, two] = [await getOnce(drawn(seed), seed), await getOnce(drawn(seed), seed)];
    assert.deepEqual(one.trace, two.trace);
  }
});

test("four equal routes take a quarter of the time, and waste nothing", async () => {
  const four = ["a", "b", "c", "d"].map((name) => ({ ...good, name }));
  const { fetchMs, got } = await getOnce(four);
  assert.ok(fetchMs < ((length * 1000) / 4e6) * 1.2 + 200, `${fetchMs} ms`);
  assert.ok(got.downloaded < length + 150_000, String(got.downloaded));
});

test("a long round trip does not keep routes from being full", async () => {
  const far = ["a", "b"].map((name) => ({ ...good, name, roundTripMs: 250 }));
  const { fetchMs } = await getOnce(far);
  assert.ok(fetchMs < ((length * 1000) / 2e6) * 1.1 + 4 * 250, `${fetchMs} ms`);
});

test("a route ten times slower delays nobody", async () => {
  const three = ["b", "c", "d"].map((name) => ({ ...good, name }));
  const slow = { ...good, name: "slow", bytesPerSecond: 100_000 };
  const { fetchMs, got } = await getOnce([slow, ...three]);
  assert.ok(fetchMs < ((length * 1000) / 3.1e6) * 1.2 + 300, `${fetchMs} ms`);
  assert.ok(got.downloaded < length + 350_000, String(got.downloaded));
});

test("dead routes are asked ever more rarely while another delivers", async () => {
  const dead = { ...good, name: "dead", diesAt: 0 };
  const slow = { ...good, name: "slow", bytesPerSecond: 20_000 };
  const { exchanges, fetchMs } = await getOnce([dead, slow]);
  const asked = exchanges.filter(({ host, path }) => host === "dead" && path.endsWith(".bin"));
  assert.ok(fetchMs > 200_000 && asked.length <= 8, `${asked.length} requests in ${fetchMs} ms`);
});

test("whoever loses a race is cancelled at once, and told when it had fallen silent", async () => {
  const dies = { ...good, name: "dies", diesAt: 1_700 };
  const slow = { ...good, name: "slow", bytesPerSecond: 50_000, roundTripMs: 900 };
  const { exchanges, got } = await getOnce([dies, slow, good]);
  const begun = exchanges.filter(({ host, path }) => host === "dies" && path.endsWith(".bin"));
  assert.ok(begun.length > 0 && begun.every(({ closed }) => closed));
  assert.equal(got.routes[0]?.state, "slow");
  assert.match(got.routes[0]?.why ?? "", /sent nothing for [\d.]+ s/);
});

test("routes that drip right bytes, however many, do not shut out one that is quick", async () => {
  const drips = Array.from({ length: 40 }, (_, at): WrittenRoute => {
    return { name: `r${at}`, roundTripMs: 30, bytesPerSecond: 20_000 };
  });
  const { fetchMs } = await getOnce([...drips, good], 7);
  // All places are taken: each of the others has its turn before, a few in a second.
  assert.ok(fetchMs < aloneMs + 6_000, `${fetchMs} ms`);
});

test("slow routes that hold the same chunks do not keep a quick one from them", async () => {
  const slow = Array.from({ length: 3 }, (_, at): WrittenRoute => {
    return { name: `r${at}`, roundTripMs: 30, bytesPerSecond: 10_000 };
  });
  for (const seed of [1, 2, 3, 4]) {
    const { fetchMs } = await getOnce([...slow, good], seed);
    assert.ok(fetchMs < aloneMs * 1.1 + 1_500, `${fetchMs} ms with seed ${seed}`);
  }
});

test("a quick route that failed at first is asked again beside one that drips", async () => {
  let refused = 0;
  const stumbles: Behaviour = {
    name: "refuses three times",
    reply: ({ asked, honest }) => {
      const isRefused = asked.path.endsWith(".app.bin") && refused++ < 3;
      return isRefused ? plainAnswer(503, "busy") : honest();
    },
  };
  const drips = { ...good, name: "drips", bytesPerSecond: 1_000 };
  const { fetchMs } = await getOnce([drips, { ...good, behaviour: stumbles }]);
  assert.ok(fetchMs < aloneMs + 15_000, `${fetchMs} ms`);
});
