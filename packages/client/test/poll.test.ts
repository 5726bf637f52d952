import assert from "node:assert/strict";
import { test } from "node:test";
import { pollSeconds, type Random } from "@causeway/kernel";
import fc from "fast-check";
import { type LastPoll, nextPoll, type PollOutcome } from "../src/poll.ts";
import { now } from "./support/field.ts";

const minute = 60_000;
const hour = 60 * minute;
const clients = 10_000;
const windowMs = hour;

/** Xorshift, so that a failure comes again. */
function randomFrom(seed: number): Random {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  return {
    uint32() {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return state >>> 0;
    },
  };
}

interface Story {
  /** How a look at this time ends. */
  readonly outcome: (at: number) => PollOutcome;
  /** Nobody looks in this span: the machines are off, and come back together at its end. */
  readonly off?: { readonly from: number; readonly to: number };
}

/** Ten thousand machines that were set up at the same second. @returns looks in each second */
function fleet({ outcome, off }: Story, end: number): Uint32Array {
  const perSecond = new Uint32Array(end / 1000);
  for (let client = 0; client < clients; client++) {
    const dice = randomFrom(client);
    let last: LastPoll | undefined;
    let at = nextPoll(windowMs, dice, now, last);
    while (at < now + end) {
      const isOff = off !== undefined && at >= now + off.from && at < now + off.to;
      if (isOff) {
        at = nextPoll(windowMs, dice, now + off.to, last); // it wakes up, overdue
        continue;
      }
      const second = Math.floor((at - now) / 1000);
      perSecond[second] = (perSecond[second] ?? 0) + 1;
      last = { at, outcome: outcome(at - now) };
      at = nextPoll(windowMs, dice, at, last);
    }
  }
  return perSecond;
}

const succeeded: PollOutcome = { kind: "succeeded" };
const stories: Readonly<Record<string, Story>> = {
  "calm times": { outcome: () => succeeded },
  "an outage of three hours": {
    outcome: (at) => (at > hour && at < 4 * hour ? { kind: "failed" } : succeeded),
  },
  "an outage in which all are told to come back in an hour": {
    outcome: (at) => {
      return at > hour && at < 2 * hour ? { kind: "failed", restMs: 3 * hour - at } : succeeded;
    },
  },
  "a power cut of a day": { outcome: () => succeeded, off: { from: hour, to: 25 * hour } },
};

for (const [name, story] of Object.entries(stories)) {
  test(`the fleet does not come as a wave: ${name}`, () => {
    const perSecond = fleet(story, 30 * hour);
    const calm = (clients * 1000) / windowMs;
    const peak = Math.max(...perSecond);
    // Twice the calm mean, and six standard deviations of chance.
    const most = 2 * calm + 6 * Math.sqrt(2 * calm);
    assert.ok(peak <= most, `${peak} in a second; ${calm.toFixed(1)} is the mean in calm times`);
    const lastHours = perSecond.subarray(-3 * 3_600).reduce((sum, count) => sum + count, 0);
    assert.ok(lastHours > 2.8 * clients && lastHours < 3.2 * clients, "each looks once an hour");
  });
}

test("the next look is never in the past, never before a rest is over, and never forgotten", () => {
  const outcome = fc.oneof(
    fc.constant(succeeded),
    fc.record({ kind: fc.constant("failed" as const), restMs: fc.integer() }),
  );
  const at = fc.integer({ min: now - 100 * hour, max: now + 100 * hour });
  const last = fc.option(fc.record({ at, outcome }), { nil: undefined });
  fc.assert(
    fc.property(fc.double(), fc.nat(), last, (window, seed, lastPoll) => {
      const wide = Number.isNaN(window) ? hour : window;
      const next = nextPoll(wide, randomFrom(seed), now, lastPoll);
      assert.ok(Number.isInteger(next) && next >= now);
      assert.ok(next <= now + 1.5 * pollSeconds.max * 1000 + 24 * hour);
      if (lastPoll?.outcome.kind !== "failed" || lastPoll.at > now) return;
      const { restMs } = lastPoll.outcome;
      assert.ok(next >= lastPoll.at + Math.min(restMs, 24 * hour));
    }),
  );
});
