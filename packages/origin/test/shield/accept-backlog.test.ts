import assert from "node:assert/strict";
import { test } from "node:test";
import { AcceptBacklog } from "../../src/shield/accept-backlog.ts";

function watched(perTurn: number) {
  const turns: (() => void)[] = [];
  const ends: string[] = [];
  const backlog = new AcceptBacklog(
    perTurn,
    (then) => turns.push(then),
    () => ends.push("end"),
  );
  /** One turn of the event loop, in which so many are accepted. */
  const turn = (accepted: number): boolean => {
    for (let at = 0; at < accepted; at++) backlog.noteAccepted();
    for (const then of turns.splice(0)) then();
    return backlog.exists;
  };
  return { turn, turns, ends };
}

test("connections wait while half of what can come in one turn comes in", () => {
  const { turn } = watched(8);
  const seen = [1, 3, 4, 8, 3, 0].map(turn);
  assert.deepEqual(seen, [false, false, true, true, false, false]);
});

test("it is told once that none wait any more, in the first turn in which few come", () => {
  const { turn, turns, ends } = watched(8);
  for (const accepted of [8, 8, 0, 0, 2]) turn(accepted);
  assert.deepEqual(ends, ["end"]);
  assert.equal(turns.length, 0, "an idle origin looks at no turns");
});
