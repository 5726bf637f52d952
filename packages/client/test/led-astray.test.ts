import assert from "node:assert/strict";
import { after, test } from "node:test";
import { refreshState } from "../src/metadata/refresh.ts";
import { nodePorts } from "../src/node/index.ts";
import { exchange } from "../src/routes/exchange.ts";
import { parseRoutes } from "../src/routes/parse-route.ts";
import type { Route } from "../src/routes/route.ts";
import { programBytes, publish } from "./support/download-fixture.ts";
import { startWorld } from "./support/download-world.ts";
import { type Behaviour, type Files, startRoute } from "./support/faulty-route.ts";
import { noise, portsIn2030, startRoutes, startRun, Vendor } from "./support/field.ts";
import { MemoryStore } from "./support/memory-store.ts";
import { quickExchange } from "./support/quick.ts";
import { isRouteError } from "./support/route-error.ts";

const ports = nodePorts();
const ports2030 = portsIn2030();
after(() => ports.transport.close());
after(() => ports2030.transport.close());

const path = "targets/app";
const files = new Map([[path, programBytes(100_000, 71)]]);

for (const fault of ["endless", "login-page", "gzips", "wrong-range"] as const) {
  test(`a route that redirects to another one, of which ${fault} is seen, is no liar`, async () => {
    await using other = await startRoute(fault, files);
    await using first = await startRoute("redirects-to", files);
    first.location = other.url + path;
    const [mine, theirs] = parseRoutes([first.url, other.url]);
    assert.ok(mine && theirs);
    const ask = async (): Promise<void> => {
      const { signal } = new AbortController();
      const range = { start: 0, end: 50_000 };
      const request = { path, range, lengthMax: 100_000, limits: quickExchange, signal };
      for await (const _ of (await exchange(ports, mine, request)).body);
    };
    await assert.rejects(ask(), isRouteError("ROUTE_REFUSED", /^redirects .*, which failed: /));
    assert.equal(theirs.state, "lying");
    const { length } = other.requests;
    await assert.rejects(ask(), isRouteError("ROUTE_REFUSED", /, which has lied/));
    assert.equal(other.requests.length, length, "it was not asked again");
  });
}

const patch = publish(programBytes(1_000_000, 72));

/** Gets the patch over a route that redirects some of what it is asked for to another one. */
async function getLed(
  liar: Behaviour,
  isLed: (path: string, isFirstTime: boolean) => boolean,
): Promise<readonly Route[]> {
  await using world = await startWorld(patch, ["honest", liar]);
  const [first, second] = world.servers;
  assert.ok(first && second);
  first.leads = (file, isFirst) => (isLed(file, isFirst) ? second.url + file : undefined);
  const routes = parseRoutes([first.url, second.url]);
  await world.download({ routes });
  await world.assertWhole();
  return routes;
}

for (const liar of [
  "lies",
  "endless",
  "login-page",
  "truncates",
  "hangs-in-body",
  "redirects-away",
] as const) {
  test(`where a route leads the first time, ${liar} is seen: it is enough all the same`, async () => {
    const [first] = await getLed(liar, (_, isFirst) => isFirst);
    assert.equal(first?.trustworthy, true);
  });
}

test("a pack that is only to be had where a liar has it leaves the raw file", async () => {
  const [first, second] = await getLed("lies", (file) => file.endsWith(".pack.zst"));
  assert.deepEqual([first?.trustworthy, second?.state], [true, "lying"]);
});

test("a route that leads to itself may do so after it was taken for a liar", async () => {
  const spoiled = publish(programBytes(300_000, 74), { spoilPack: true });
  await using world = await startWorld(spoiled, ["redirects-within"]);
  await world.download();
  await world.assertWhole();
});

test("where a redirect led to nothing is not asked that way again at once, however much else comes", async () => {
  await using busy = await startRoute("refuses-503", files);
  await using first = await startRoute("redirects-to", files);
  first.location = busy.url + path;
  const [mine, theirs] = parseRoutes([first.url, busy.url]);
  assert.ok(mine && theirs);
  const ask = async (): Promise<void> => {
    const { signal } = new AbortController();
    const answer = await exchange(ports, mine, { path, lengthMax: 100_000, signal });
    answer.close();
  };
  await assert.rejects(ask(), isRouteError("ROUTE_REFUSED", /answered 503/));
  await assert.rejects(ask(), isRouteError("ROUTE_REFUSED", /is left alone for now/));
  assert.equal(busy.requests.length, 1);
  assert.ok(theirs.backoff.dueAt < ports.clock.steady(), "it may be asked itself");
  await ports.clock.sleep(mine.ledTo(theirs).dueAt - ports.clock.steady());
  await assert.rejects(ask(), isRouteError("ROUTE_REFUSED", /answered 503/));
});

const vendor = new Vendor();
vendor.release("1.0", noise(1_000, 73));
const early = vendor.files();
const key = vendor.repository.addKey("timestamp");
vendor.repository.root.roles["timestamp"] = { keyids: [key.keyid], threshold: 1 };
vendor.repository.signers.set("timestamp", [key]);
vendor.repository.publish("root");
vendor.publish();
const late = vendor.files();

/** Refreshes over two routes, of which the first redirects the timestamp to the second. */
async function refreshLed(
  second: Behaviour,
  own: Files,
  isLed: (isFirstTime: boolean) => boolean,
): Promise<readonly Route[]> {
  await using fleet = await startRoutes(["honest", second], late);
  const [leading, led] = fleet.servers;
  assert.ok(leading && led);
  leading.files = own;
  leading.leads = (file, isFirst) => {
    return file.endsWith("timestamp.json") && isLed(isFirst) ? led.url + file : undefined;
  };
  const run = await startRun(ports2030, new MemoryStore(), vendor.trust, fleet.urls);
  await refreshState(run);
  assert.equal(run.state.set.versions().get("timestamp"), vendor.repository.timestamp.version);
  return run.routes.all;
}

test("metadata that a liar sent, to whom a route redirected, does not make it one", async () => {
  const [first] = await refreshLed("lies", late, (isFirst) => isFirst);
  assert.equal(first?.trustworthy, true);
});

test("a route that withholds a root makes no liar of the one that it then redirects to", async () => {
  const [, second] = await refreshLed("honest", early, () => true);
  assert.equal(second?.state, "ok");
});
