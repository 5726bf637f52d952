import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { TicketKey } from "../../src/shield/ticket-key-file.ts";
import { WorkPuzzle, workLifeSeconds } from "../../src/shield/work-puzzle.ts";
import { prefixOf } from "../../src/tls/address-prefix.ts";
import { solve } from "../support/work.ts";

const now = 1_900_000_000;
const keys: readonly TicketKey[] = ["old", "new"].map((kid, at) => {
  return { kid, secret: kid.padEnd(43, "x"), createdAt: (now - 86_400 + at) * 1000 };
});

function puzzleOf(audience: string, known: readonly TicketKey[] = keys): WorkPuzzle {
  const puzzle = new WorkPuzzle(audience);
  puzzle.setKeys(known);
  return puzzle;
}

function addressed(address: string): NonNullable<ReturnType<typeof prefixOf>> {
  const prefix = prefixOf(address);
  assert.ok(prefix);
  return prefix;
}

const home = addressed("192.0.2.7");
const neighbour = addressed("192.0.2.200");
const elsewhere = addressed("192.0.3.7");

function challengeOf(puzzle: WorkPuzzle, pressure = 0): string {
  const challenge = puzzle.challenge(home, pressure, now);
  assert.ok(challenge !== undefined);
  return challenge;
}

test("a solution is a ticket for one visit, for its network and its route alone", () => {
  const puzzle = puzzleOf("web-1");
  const solution = solve(challengeOf(puzzle));
  const ticket = puzzle.verify(solution, home, now);
  assert.equal(ticket?.aud, "web-1");
  assert.deepEqual([ticket?.since, ticket?.exp], [now, now + workLifeSeconds]);
  assert.match(ticket?.sub ?? "", /^[\w-]{22}$/);
  assert.deepEqual(puzzle.verify(solution, neighbour, now + 599), ticket);
  assert.equal(puzzle.verify(solution, elsewhere, now), undefined);
  assert.equal(puzzle.verify(solution, home, now + workLifeSeconds), undefined);
  assert.equal(puzzle.verify(solution, home, now - 61), undefined, "from the future");
  assert.equal(puzzleOf("web-2").verify(solution, home, now), undefined);
});

test("all solutions of one challenge are one ticket, and each challenge is another", () => {
  const puzzle = puzzleOf("web-1");
  const challenge = challengeOf(puzzle);
  const first = solve(challenge);
  const second = solve(challenge, Number(first.split(".").at(-1)) + 1);
  assert.notEqual(first, second);
  const subject = puzzle.verify(first, home, now)?.sub;
  assert.equal(puzzle.verify(second, home, now)?.sub, subject);
  assert.notEqual(puzzle.verify(solve(challengeOf(puzzle)), home, now)?.sub, subject);
});

test("who has not worked, or makes the work easier, gets nothing", () => {
  const puzzle = puzzleOf("web-1");
  const challenge = challengeOf(puzzle);
  const [seconds, bits, salt, mac] = challenge.split(".");
  assert.equal(bits, "13");
  const solution = solve(challenge);
  for (const wrong of [
    "",
    challenge,
    `${challenge}.`,
    `${solution}0000000000000`,
    `${solution};`,
    solution.replace(/\.\d+$/, ".x"),
    solve(`${seconds}.00.${salt}.${mac}`),
    solve(`${Number(seconds) + 1}.13.${salt}.${mac}`),
    "9".repeat(10_000),
  ]) {
    assert.equal(puzzle.verify(wrong, home, now), undefined, wrong.slice(0, 80));
  }
  let number = 0;
  const isEasy = (): boolean => {
    const digest = createHash("sha256").update(`${challenge}.${number}`).digest();
    return Math.clz32(digest.readUInt32BE(0)) >= 13;
  };
  while (isEasy()) number++;
  assert.equal(puzzle.verify(`${challenge}.${number}`, home, now), undefined);
});

test("pressure makes it harder, within bounds, and keys of before hold until they go", () => {
  const puzzle = puzzleOf("web-1");
  const bits = [-1, 0, 0.5, 1, 99].map((pressure) => challengeOf(puzzle, pressure).split(".")[1]);
  assert.deepEqual(bits, ["13", "13", "15", "16", "16"]);
  const old = puzzleOf("web-1", keys.slice(0, 1));
  const solution = solve(challengeOf(old));
  assert.ok(puzzle.verify(solution, home, now));
  puzzle.setKeys(keys.slice(1));
  assert.equal(puzzle.verify(solution, home, now), undefined);
  assert.equal(puzzleOf("web-1", []).challenge(home, 0, now), undefined);
});
