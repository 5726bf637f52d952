import assert from "node:assert/strict";
import { test } from "node:test";
import { RouteError } from "@causeway/kernel";
import { type Answer, exchange } from "../src/routes/exchange.ts";
import type { Route } from "../src/routes/route.ts";
import {
  ask,
  counts,
  failureOf,
  file,
  files,
  hedging,
  patient,
  portOf,
  ports,
  routeWith,
  ticketOf,
} from "./support/entrances.ts";
import { startRoute } from "./support/faulty-route.ts";

function answerOf(route: Route): Promise<Answer> {
  const { signal } = new AbortController();
  return exchange(hedging, route, { path: file, lengthMax: 1_000, signal });
}

/** Finds its bytes to be wrong. @returns what that counts for */
function strike(route: Route, answer: Answer): RouteError {
  answer.close();
  const error = answer.blamed(new RouteError("ROUTE_LIED", route.id, "sent wrong bytes"));
  assert.ok(error instanceof RouteError);
  return route.strike(error);
}

test("lies of an entrance cost the entrances, and never the route, however many were on their way", async () => {
  await using server = await startRoute("hangs-before-headers", files);
  await using entrance = await startRoute("honest", files);
  const route = routeWith(server, entrance);
  for (const answer of [await answerOf(route), await answerOf(route), await answerOf(route)]) {
    const { code, cause } = strike(route, answer);
    assert.equal(code, "ROUTE_UNREACHABLE");
    assert.ok(cause instanceof RouteError && cause.code === "ROUTE_LIED");
    assert.equal(route.state, "dead");
  }
  server.behaviour = "honest";
  await ask(route, file, patient);
  assert.equal(entrance.requests.length, 3);
});

test("an entrance that breaks the rules of HTTP makes no liar of its route", async () => {
  await using server = await startRoute("hangs-before-headers", files);
  await using entrance = await startRoute("gzips", files);
  const route = routeWith(server, entrance);
  const error = await failureOf(route, file, hedging);
  assert.equal(error.code, "ROUTE_UNREACHABLE");
  route.strike(error);
  assert.equal(route.state, "dead");
});

test("a lie of the public address is the route's, whatever its entrances did before", async () => {
  await using server = await startRoute("hangs-before-headers", files);
  await using entrance = await startRoute("honest", files);
  const route = routeWith(server, entrance);
  await ask(route, file, hedging);
  server.behaviour = "honest";
  await entrance[Symbol.asyncDispose]();
  const answer = await answerOf(route);
  assert.equal(strike(route, answer).code, "ROUTE_LIED");
  assert.equal(route.state, "lying");
});

test("old news that an entrance may have brought costs the entrances; the next costs the route", async () => {
  await using server = await startRoute("hangs-before-headers", files);
  await using entrance = await startRoute("honest", files);
  const route = routeWith(server, entrance);
  await ask(route, file, hedging);
  const old = new RouteError("ROUTE_STALE", route.id, "has state 1; 2 is out");
  const { code, cause } = route.strike(old);
  assert.deepEqual([code, cause, route.state], ["ROUTE_UNREACHABLE", old, "dead"]);
  assert.equal(route.entrances.next(ports.clock.steady()), undefined);
  assert.equal(route.strike(old), old);
  assert.equal(route.state, "stale");
});

test("a route without a good word of an entrance is stale at once", async () => {
  await using server = await startRoute("honest", files);
  await using entrance = await startRoute("honest", files);
  const route = routeWith(server, entrance);
  await ask(route, file, patient);
  route.strike(new RouteError("ROUTE_STALE", route.id, "has state 1; 2 is out"));
  assert.equal(route.state, "stale");
});

test("an entrance gives no ticket that names others: its port may be somebody else's", async () => {
  await using server = await startRoute("hangs-before-headers", files);
  await using entrance = await startRoute("honest", files);
  const route = routeWith(server, entrance);
  entrance.headers = { "causeway-ticket": ticketOf(9001, 9002) };
  await ask(route, file, hedging);
  assert.deepEqual(counts(server, entrance), [1, 1]);
  assert.equal(route.ticket?.text, ticketOf(portOf(entrance)));
});
