import assert from "node:assert/strict";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { HostError, type Instant } from "@causeway/kernel";
import { keepProbing, ProbeHistory, type Round, summarise, type Verdict } from "../src/index.ts";
import { folderFor } from "./support/knot.ts";

const minute = 60_000;

/** A round in which routes `a`, `b`, … were found to be so. */
function roundAt(
  at: Instant,
  found: readonly Verdict[],
  retryAfterMs: number | null = null,
): Round {
  const routes = found.map((verdict, number) => {
    const id = String.fromCharCode(97 + number);
    const url = {
      url: `https://${id}.example/`,
      verdict,
      code: verdict === "ok" ? null : "ROUTE_UNREACHABLE",
      why: verdict === "ok" ? null : `was ${verdict}`,
      retryAfterMs,
      nameMs: 1,
      connectMs: 2,
      tlsMs: 3,
      firstByteMs: verdict === "ok" ? at / minute : null,
      bytes: 10,
      bytesPerSecond: verdict === "ok" ? 1_000 : null,
      timestamp: 1,
      snapshot: 1,
      expires: null,
      certificateUntil: null,
    };
    return { id, state: "active" as const, verdict, urls: [url] };
  });
  return { at, newest: 1, patch: "patches/x", ownFault: null, routes, retired: [] };
}

test("the history sums up what was found, and outlives its process", (t) => {
  const file = join(folderFor(t), "history.sqlite");
  const history = new ProbeHistory(file);
  if (process.platform !== "win32") assert.equal(statSync(file).mode & 0o777, 0o600);
  for (let at = 1; at <= 20; at++) {
    history.add(roundAt(at * minute, [at === 7 || at === 8 ? "dead" : "ok", "unknown"]));
  }
  history.close();
  const again = new ProbeHistory(file);
  const [summary, ...others] = summarise(again.since(0));
  assert.deepEqual(others, []); // of b nothing is known
  assert.deepEqual(summary, {
    id: "a",
    url: "https://a.example/",
    rounds: 20,
    availability: 0.9,
    firstByteMs: { median: 11, p95: 20 },
    bytesPerSecond: 1_000,
    lastFinding: { at: 8 * minute, verdict: "dead", why: "was dead" },
  });
  assert.equal(again.since(18 * minute, "a").length, 3);
  again.close();
});

test("the history keeps no more than so many sights, and none for longer", (t) => {
  const history = new ProbeHistory(join(folderFor(t), "history.sqlite"));
  const limits = { keptMs: 10 * minute, sightsMax: 8 };
  for (let at = 1; at <= 5; at++) history.add(roundAt(at * minute, ["ok", "ok"]), limits);
  assert.deepEqual(
    history.since(0).map(({ at }) => at / minute),
    [2, 2, 3, 3, 4, 4, 5, 5],
  );
  history.add(roundAt(14 * minute, ["ok"]), limits);
  assert.deepEqual(
    history.since(0).map(({ at }) => at / minute),
    [4, 4, 5, 5, 14],
  );
  history.close();
});

test("a round that is cut short is not there, and a damaged file is told of", (t) => {
  const folder = folderFor(t);
  const file = join(folder, "history.sqlite");
  const history = new ProbeHistory(file);
  history.add(roundAt(minute, ["ok"]));
  // As after a kill within a round: what another connection wrote is not committed.
  const killed = new DatabaseSync(file);
  killed.exec("BEGIN IMMEDIATE; DELETE FROM sights");
  killed.close();
  assert.equal(history.since(0).length, 1);
  history.close();
  writeFileSync(
    join(folder, "other"),
    "this is no database, and long enough to be looked at. ".repeat(99),
  );
  assert.throws(
    () => new ProbeHistory(join(folder, "other")),
    (error) => error instanceof HostError && error.code === "HOST_CORRUPT_STATE",
  );
});

test("rounds go on beside failures, and know who asked to be left alone", async () => {
  const end = new AbortController();
  const waits: number[] = [];
  const restings: (readonly (readonly [string, number])[])[] = [];
  const failures: string[] = [];
  let round = 0;
  const keeping = keepProbing(roundAt(0, ["refused"], 90_000), {
    everyMs: 60_000,
    clock: {
      wall: () => 0,
      steady: () => 0,
      sleep: (ms) => {
        waits.push(ms);
        if (waits.length === 4) end.abort(new Error("stopped"));
        return end.signal.aborted ? Promise.reject(end.signal.reason) : Promise.resolve();
      },
    },
    random: { uint32: () => (waits.length === 0 ? 0 : 2 ** 31) },
    probe: (resting) => {
      restings.push([...resting]);
      round++;
      if (round === 2) return Promise.reject(new HostError("HOST_BUSY", "later"));
      return Promise.resolve(roundAt(minute, ["ok"]));
    },
    onRound: () => Promise.resolve(),
    onFailure: (error) => failures.push(error.code),
    signal: end.signal,
  });
  await assert.rejects(keeping, /stopped/);
  assert.deepEqual(waits, [54_000, 60_000, 60_000, 60_000]);
  assert.deepEqual(restings, [[["https://a.example/", 90_000]], [], []]);
  assert.deepEqual(failures, ["HOST_BUSY"]);
});
