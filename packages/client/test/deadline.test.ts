import assert from "node:assert/strict";
import { test } from "node:test";
import { type Delivery, RouteError, type Transport, type TransportStep } from "@causeway/kernel";
import { clientLimits } from "../src/limits.ts";
import {
  answerDeadlineMs,
  type DeadlineLimits,
  type RoundTrip,
  roundTripAfter,
  silenceDeadlineMs,
} from "../src/routes/deadline.ts";
import { exchange } from "../src/routes/exchange.ts";
import { parseRoute } from "../src/routes/parse-route.ts";
import type { Route } from "../src/routes/route.ts";
import { VirtualClock } from "./support/virtual-clock.ts";

const limits: DeadlineLimits = { firstMs: 5_000, minMs: 3_500, maxMs: 20_000 };

function measured(...samples: readonly number[]): RoundTrip | undefined {
  let trip: RoundTrip | undefined;
  for (const sample of samples) trip = roundTripAfter(trip, sample);
  return trip;
}

test("a round trip is estimated as TCP estimates it", () => {
  assert.deepEqual(measured(100), { smoothedMs: 100, variationMs: 50 });
  assert.deepEqual(measured(100, 180), { smoothedMs: 110, variationMs: 57.5 });
});

test("a deadline follows the route, within bounds, and doubles after each one missed", () => {
  const table: readonly [samples: readonly number[], missed: number, deadlineMs: number][] = [
    [[], 0, 5_000], // nothing is known
    [[], 1, 10_000],
    [[], 9, 20_000],
    [[1], 0, 3_500], // a neighbour: two lost SYNs
    [[1], 1, 7_000],
    [[300], 0, 3_600], // another continent, measured once
    [Array(50).fill(300), 0, 3_500], // the same one, known well
    [[2_000], 0, 20_000], // a satellite, measured once
    [Array(50).fill(2_000), 0, 8_000], // the same one, known well
    [[1e9], 5, 20_000],
  ];
  for (const [samples, missed, deadlineMs] of table) {
    const pace = { trip: measured(...samples), bytesPerSecond: undefined, missed };
    const got = Math.round(answerDeadlineMs(pace, limits));
    assert.equal(got, deadlineMs, JSON.stringify([samples.slice(0, 2), missed]));
  }
});

test("a slow line may be silent for two TLS records", () => {
  const pace = { trip: measured(100), missed: 0 };
  const silence = (bytesPerSecond: number | undefined): number => {
    return silenceDeadlineMs({ ...pace, bytesPerSecond }, limits);
  };
  assert.equal(silence(undefined), 5_000, "the rate may be a modem's");
  assert.equal(silence(1e6), 3_500);
  assert.equal(silence(4_096), 8_000);
  assert.equal(silence(10), 20_000);
});

interface Line {
  readonly roundTripMs: number;
  /** Round trips for each step; the answer takes one more. */
  readonly steps: readonly (readonly [TransportStep, number])[];
  readonly bytesPerSecond: number;
}

const tls: Line["steps"] = [
  ["named", 1],
  ["connected", 1],
  ["secured", 2],
];

function transportOver(clock: VirtualClock, line: Line): Transport {
  return {
    async open({ signal, onStep }): Promise<Delivery> {
      for (const [step, trips] of line.steps) {
        await clock.sleep(trips * line.roundTripMs, signal);
        onStep?.(step);
      }
      await clock.sleep(line.roundTripMs, signal);
      const closed = new AbortController();
      const body = async function* (): AsyncGenerator<Uint8Array> {
        for (let record = 0; record < 4; record++) {
          await clock.sleep((16_384 * 1000) / line.bytesPerSecond, closed.signal);
          yield new Uint8Array(16_384);
        }
      };
      const headers = new Map([["content-length", "65536"]]);
      return { status: 200, headers, body: body(), close: () => closed.abort() };
    },
  };
}

/** How long one request takes on virtual time, and what became of it. */
async function request(line: Line, route: Route): Promise<readonly [ms: number, fate: string]> {
  const clock = new VirtualClock();
  const random = { uint32: () => 0 };
  const ports = { clock, random, transport: transportOver(clock, line) };
  const asked = { path: "metadata/x", lengthMax: 65_536, signal: new AbortController().signal };
  const fate = await clock.run(
    exchange(ports, route, { ...asked, limits: clientLimits.exchange }).then(
      async ({ body }) => {
        let length = 0;
        try {
          for await (const bytes of body) length += bytes.length;
          return String(length);
        } catch (error) {
          return error instanceof RouteError ? error.code : String(error);
        }
      },
      (error: unknown) => (error instanceof RouteError ? error.code : String(error)),
    ),
  );
  assert.equal(clock.sleepers, 0, "no timer is left behind");
  return [Math.round(clock.steady()), fate];
}

test("a satellite link works at the first try, TLS and all", async () => {
  const satellite = { roundTripMs: 2_000, steps: tls, bytesPerSecond: 100_000 };
  const [ms, fate] = await request(satellite, parseRoute("https://far.example/"));
  assert.equal(fate, "65536");
  assert.ok(ms > 10_000 && ms < 11_000, `${ms} ms`);
});

test("a dead route costs seconds, and no more once it was near", async () => {
  const dead = { roundTripMs: 1e9, steps: tls, bytesPerSecond: 1 };
  const route = parseRoute("https://dead.example/");
  assert.deepEqual(await request(dead, route), [5_000, "ROUTE_UNREACHABLE"]);
  const near = parseRoute("https://near.example/");
  const [, fate] = await request({ roundTripMs: 20, steps: tls, bytesPerSecond: 1e6 }, near);
  assert.equal(fate, "65536");
  assert.deepEqual(await request(dead, near), [3_500, "ROUTE_UNREACHABLE"]);
});

test("a line too far for the first deadline gets through at a later one", async () => {
  const bloated = { roundTripMs: 9_000, steps: tls.slice(0, 2), bytesPerSecond: 100_000 };
  const route = parseRoute("http://bloated.example/");
  assert.equal((await request(bloated, route))[1], "ROUTE_UNREACHABLE");
  assert.equal((await request(bloated, route))[1], "65536");
});

test("TLS records over a slow modem are waited for, at the second try at the latest", async () => {
  const modem = { roundTripMs: 200, steps: tls, bytesPerSecond: 2_400 };
  const route = parseRoute("https://modem.example/");
  const fates = [(await request(modem, route))[1], (await request(modem, route))[1]];
  assert.deepEqual(fates, ["ROUTE_STALLED", "65536"]);
});
