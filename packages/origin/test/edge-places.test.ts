import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { isPlaceText } from "@causeway/kernel";
import { edgeLimits } from "../src/edge/edge-limits.ts";
import { tellHaproxy } from "../src/edge/runtime-socket.ts";
import { type Line, lineOf } from "./support/edge-line.ts";
import { missing } from "./support/engines.ts";
import type { Answer } from "./support/http.ts";
import { claims, tokenOf } from "./support/tokens.ts";

const skip = missing("haproxy");
const { newcomerSlots } = edgeLimits;

interface Refused extends Line {
  /** The answer to who has just waited in vain at 9.0.0.1. */
  readonly refusal: Answer;
  readonly place: string;
}

/** A line whose slots are held until `gate.release()`. */
async function refusedOf(
  t: TestContext,
  options: { readonly waitSeconds?: number; readonly queueMs: number },
): Promise<Refused> {
  const line = await lineOf(t, options);
  for (let busy = 0; busy < newcomerSlots; busy++) hold(line, `8.0.${busy}.1`);
  await line.arrived(newcomerSlots);
  const refusal = await line.send("refused", "9.0.0.1");
  return { ...line, refusal, place: String(refusal.headers["causeway-ticket"]) };
}

/** Asks for what the test's end may cut. */
function hold({ send }: Line, from: string, token?: string): void {
  send("busy", from, token).catch(() => {});
}

/** How many requests HAProxy has counted to this place. */
async function usesOf({ edge }: Line, place: string): Promise<number> {
  const table = await tellHaproxy(edge.control, "show table tickets_edge-1");
  const line = table.split("\n").find((each) => each.includes(`key=${place.split(".")[1]} `));
  return Number(/http_req_rate\(\d+\)=(\d+)/.exec(line ?? "")?.[1] ?? 0);
}

test("who is refused is given a place that holds from when it is to come back", {
  skip,
}, async (t) => {
  const { refusal, place, send } = await refusedOf(t, { queueMs: 200 });
  assert.equal(refusal.status, 503);
  assert.ok(isPlaceText(place), place);
  assert.match(place, /^[\w-]{38}\.\d{10}-\d{1,10}-\d{1,10}\.[\w-]{43}$/);
  const from = Number(place.split(".")[1]?.split("-")[0]);
  const waits = Number(refusal.headers["retry-after"]);
  assert.ok(waits >= 5 && waits < 25, `${waits}`);
  assert.ok(Math.abs(Date.now() / 1000 + waits - from) < 3, `${from}`);
  const other = await send("refused", "9.0.0.1");
  assert.notEqual(other.headers["causeway-ticket"], place);
});

test("who comes back in its place goes before other newcomers, whatever its address did", {
  skip,
}, async (t) => {
  const { gate, place, send, queued, arrived } = await refusedOf(t, {
    queueMs: 2_000,
    waitSeconds: 0,
  });
  const answers: Promise<Answer>[] = [];
  for (const name of ["noisy", "noisy", "noisy"]) answers.push(send(name, "9.0.0.1"));
  answers.push(send("quiet", "7.0.0.1"));
  await queued("newcomers", 4);
  answers.push(send("in-place", "9.0.0.2", place));
  await queued("newcomers", 5);
  gate.release();
  await arrived(newcomerSlots + 1);
  gate.release();
  await arrived(newcomerSlots + 2);
  assert.deepEqual(gate.came.slice(newcomerSlots), ["/metadata/in-place", "/metadata/quiet"]);
  for (const _ of answers) gate.release();
  await Promise.all(answers);
});

test("a place is one in its time, its network and as it was given, and to a machine's share", {
  skip,
}, async (t) => {
  const early = await refusedOf(t, { queueMs: 200, waitSeconds: 5 });
  await early.send("early", "9.0.0.1", early.place);
  assert.equal(await usesOf(early, early.place), 0);

  const line = await refusedOf(t, { queueMs: 200, waitSeconds: 0 });
  const { place, send } = line;
  const [start = "", text = "", seal = ""] = place.split(".");
  const changed = seal.replace(/^./, (first) => (first === "A" ? "B" : "A"));
  const bogus: readonly (readonly [string, string])[] = [
    ["9.0.1.1", place],
    ["9.0.0.1", `${start}.${text}.${changed}`],
    ["9.0.0.1", `${start}.${text}.`],
    ["9.0.0.1", `${start}.${text}`],
    ["9.0.0.1", `${start}.${text}.${seal.slice(0, -1)}`],
    ["9.0.0.1", `${start}.${text}0.${seal}`],
    ["9.0.0.1", `${tokenOf(claims()).split(".")[0]}.${text}.${seal}`],
    ["9.0.0.1", `${start}.${"0".repeat(300)}.${seal}`],
  ];
  for (const [from, token] of bogus) {
    const { status } = await send("bogus", from, token);
    assert.equal(status, 503);
    assert.equal(await usesOf(line, place), 0, `${from} ${token}`);
  }
  const { headers } = await send("good", "9.0.0.255", place);
  assert.equal(await usesOf(line, place), 1);
  assert.ok(
    isPlaceText(String(headers["causeway-ticket"])),
    "a new one, since it was refused again",
  );
  const many = 2 * edgeLimits.addressShare;
  await Promise.all(Array.from({ length: many }, () => send("many", "9.0.0.1", place)));
  const uses = await usesOf(line, place);
  // The window slides, so that a slow run has forgotten some.
  assert.ok(uses > 10 && uses <= edgeLimits.addressShare, `${uses} of ${many}`);
});

test("no place is given to who has a ticket, nor with a refusal that has one of the origin's", {
  skip,
}, async (t) => {
  const line = await lineOf(t, { queueMs: 200 });
  const { gate, send, arrived } = line;
  const known = tokenOf(claims());
  const busy = edgeLimits.ticketedSlots;
  for (let request = 0; request < busy; request++) hold(line, "8.0.0.1", known);
  await arrived(busy);
  const { status, headers } = await send("late", "8.0.0.1", known);
  assert.equal(status, 503);
  assert.equal(headers["causeway-ticket"], undefined);
  const refused = send("refused", "9.0.0.1");
  await arrived(busy + 1);
  gate.refuse();
  assert.equal((await refused).headers["causeway-ticket"], "a.b.c");
});
