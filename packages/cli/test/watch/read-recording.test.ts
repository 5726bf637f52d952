import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { readRecording } from "../../src/watch/read-recording.ts";

const second = {
  n: 7,
  at: 1_900_000_007,
  ms: 1_250,
  requests: { metadata: { ticketed: 5, newcomer: 1 }, other: { ticketed: 0, newcomer: 3 } },
  sentBytes: { metadata: 700, other: 30 },
  latency: { ticketed: [4, 1, 0], newcomer: [1, 0, 0] },
  admissions: {
    ticketed: { "at-once": 5, busy: 1, dropped: 1 },
    newcomer: { waited: 1, busy: 2 },
  },
  refusedByPolicy: { retired: 4 },
  alarms: { line: 1, puzzle: 0 },
  shield: { limit: 100, waiting: 2, held: 3 },
  tickets: { given: 1, good: 5, bad: 6 },
  connections: { open: 8, accepted: 9, dropped: { limit: 1 } },
  sources: 2,
};
const answer = {
  version: 1,
  started: 1_900_000_000,
  latencyBounds: [0.001, 0.01],
  lastMinute: { sources: 12, networks: [{ network: "192.0.2.0/24", requests: 31 }] },
  seconds: [second],
};

test("what an origin answers is read for what is shown", () => {
  const found = readRecording(JSON.stringify(answer));
  assert.deepEqual(found, {
    started: 1_900_000_000,
    latencyBounds: [0.001, 0.01],
    sources: 12,
    networks: new Map([["192.0.2.0/24", 31]]),
    moments: [
      {
        n: 7,
        at: 1_900_000_007_000,
        seconds: 1.25,
        requests: new Map([
          ["metadata", 6],
          ["other", 3],
        ]),
        ticketed: 5,
        atEdge: undefined,
        // One that was dropped is busy or over its share, too, and is no second refusal.
        refused: new Map([
          ["retired", 4],
          ["busy", 3],
        ]),
        sentBytes: 730,
        latency: { ticketed: [4, 1, 0], newcomer: [1, 0, 0] },
        limit: 100,
        waiting: 2,
        held: 3,
        alarms: new Map([
          ["line", 1],
          ["puzzle", 0],
        ]),
        badTickets: 6,
        open: 8,
        accepted: 9,
        sources: 2,
      },
    ],
  });
});

test("with an HAProxy in front, what it refused and who waits there is told together with the rest", () => {
  const edge = {
    requests: 90,
    refused: { "over-share": 50, busy: 1 },
    sentBytes: 1,
    waiting: 40,
    connections: { open: 800, accepted: 60, dropped: 2 },
  };
  const text = JSON.stringify({ ...answer, seconds: [{ ...second, edge }] });
  const [moment] = readRecording(text)?.moments ?? [];
  assert.equal(moment?.atEdge, 90);
  assert.equal(moment.waiting, 42);
  assert.deepEqual([moment.open, moment.accepted], [800, 60]);
  assert.deepEqual(Object.fromEntries(moment.refused), {
    retired: 4,
    busy: 4,
    "over-share": 50,
  });
});

test("an earlier release, which told of no alarms, has none", () => {
  const { alarms: _, ...earlier } = second;
  const [moment] = readRecording(JSON.stringify({ ...answer, seconds: [earlier] }))?.moments ?? [];
  assert.equal(moment?.alarms.size, 0);
});

test("what a later release adds is left alone", () => {
  const more = { ...answer, weather: "fine", seconds: [{ ...second, mood: {} }] };
  assert.deepEqual(readRecording(JSON.stringify(more)), readRecording(JSON.stringify(answer)));
  const requests = { ...second.requests, "video-call": { ticketed: 0, newcomer: 1 } };
  const newer = { ...answer, seconds: [{ ...second, requests }] };
  const [moment] = readRecording(JSON.stringify(newer))?.moments ?? [];
  assert.equal(moment?.requests.get("video-call"), 1);
});

const mistakes: Readonly<Record<string, unknown>> = {
  "no object": [answer],
  "another version": { ...answer, version: 2 },
  "no seconds": { ...answer, seconds: undefined },
  "more seconds than an origin keeps": {
    ...answer,
    seconds: Array.from({ length: 601 }, () => second),
  },
  "a count below nothing": { ...answer, started: -1 },
  "a count that is text": { ...answer, started: "7" },
  "a count beyond all": { ...answer, started: 1e300 },
  "too many bounds": { ...answer, latencyBounds: Array(65).fill(1) },
  "a network that steers a terminal": {
    ...answer,
    lastMinute: { sources: 1, networks: [{ network: "\u001b[2J/24", requests: 1 }] },
  },
  "too many networks": {
    ...answer,
    lastMinute: {
      sources: 1,
      networks: Array.from({ length: 65 }, (_, at) => ({
        network: `10.0.${at}.0/24`,
        requests: 1,
      })),
    },
  },
  "a class that steers a terminal": {
    ...answer,
    seconds: [{ ...second, requests: { "\u001b[2J": { ticketed: 0, newcomer: 1 } } }],
  },
  "too many classes": {
    ...answer,
    seconds: [
      {
        ...second,
        sentBytes: Object.fromEntries(
          Array.from({ length: 65 }, (_, at) => [
            `c-${"x".repeat(at % 20)}${"y".repeat(at % 7)}`,
            1,
          ]),
        ),
      },
    ],
  },
  "a second without its shield": { ...answer, seconds: [{ ...second, shield: undefined }] },
};

for (const [name, value] of Object.entries(mistakes)) {
  test(`an answer with ${name} is refused`, () => {
    assert.equal(readRecording(JSON.stringify(value)), undefined);
  });
}

test("no answer makes it throw", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void readRecording(text)));
  const text = JSON.stringify(answer);
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.string({ maxLength: 3 }), (at, piece) => {
      readRecording(text.slice(0, at) + piece + text.slice(at + 1));
    }),
  );
});
