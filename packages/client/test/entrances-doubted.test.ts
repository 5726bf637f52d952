import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ask,
  counts,
  failureOf,
  file,
  files,
  hedging,
  ports,
  routeWith,
} from "./support/entrances.ts";
import { startRoute } from "./support/faulty-route.ts";

for (const behaviour of ["misses-404", "truncates", "hangs-in-body"] as const) {
  test(`an entrance that ${behaviour} keeps nobody from a slow public address`, async () => {
    await using server = await startRoute("hangs-before-headers", files);
    await using entrance = await startRoute(behaviour, files);
    const route = routeWith(server, entrance);
    route.strike(await failureOf(route));
    server.behaviour = "honest";
    await ask(route, file, hedging);
    assert.deepEqual(counts(server, entrance), [2, 1]);
    assert.equal(route.entrances.next(ports.clock.steady()), undefined, "it is put aside");
  });
}

test("an entrance that is in doubt is still asked where the public address fails", async () => {
  await using server = await startRoute("hangs-before-headers", files);
  await using entrance = await startRoute("truncates", files);
  const route = routeWith(server, entrance);
  route.strike(await failureOf(route));
  server.behaviour = "refuses-403";
  entrance.behaviour = "honest";
  await ask(route, file, hedging);
  assert.deepEqual(counts(server, entrance), [2, 2]);
});
