import assert from "node:assert/strict";
import { test } from "node:test";
import { type ChangeRecord, loweredFrom, toDnsName, wasRetired } from "../src/index.ts";

const name = toDnsName("update.example.com");

function record(id: number, some: Partial<ChangeRecord>): ChangeRecord {
  const before = [{ type: "A", ttlSeconds: 300 + id, values: ["192.0.2.1"] }] as const;
  return {
    id,
    verb: "lower",
    name,
    zone: toDnsName("example.com"),
    server: "192.0.2.53",
    who: "me",
    why: "",
    at: 0,
    before,
    after: [],
    outcome: "made",
    ...some,
  };
}

test("a TTL is lowered until a restore, or an undo, was surely made", () => {
  const first = record(1, {});
  const again = record(2, {});
  const { outcome: _, ...unanswered } = record(3, { verb: "restore" });
  const refused = record(3, { verb: "restore", outcome: "refused" });
  const undone = record(3, { verb: "undo", undoes: 1 });
  const low = { before: first.before, until: undefined };
  assert.deepEqual(loweredFrom([first, again], name), low);
  assert.deepEqual(loweredFrom([first, unanswered], name), low);
  assert.deepEqual(loweredFrom([first, refused], name), low);
  assert.equal(loweredFrom([first, record(3, { verb: "restore" })], name), undefined);
  assert.equal(loweredFrom([first, undone], name), undefined);
  assert.equal(loweredFrom([first], "other.example.com"), undefined);
});

test("a TTL stays low until what was said last, unless that is undone", () => {
  const [soon, late] = [1_000_000, 2_000_000];
  const first = record(1, { until: soon });
  const note = record(2, { until: late, after: record(2, {}).before });
  const lower = record(2, { until: late });
  const undone = (id: number): ChangeRecord => record(3, { verb: "undo", undoes: id });
  const untilOf = (...records: readonly ChangeRecord[]): number | undefined => {
    return loweredFrom(records, name)?.until;
  };
  assert.equal(untilOf(first, note), late);
  assert.equal(untilOf(first, lower), late);
  assert.equal(untilOf(first, lower, record(3, {})), late, "who says no time leaves it");
  assert.equal(untilOf(first, note, undone(2)), soon);
  assert.equal(untilOf(first, { ...note, outcome: "refused" }), soon);
  assert.equal(loweredFrom([first, note, undone(1)], name), undefined, "it has its TTL again");
  assert.equal(loweredFrom([first, note, record(3, { verb: "restore" })], name), undefined);
  const noted = record(1, { until: soon, after: record(1, {}).before });
  const later = record(2, {});
  assert.deepEqual(loweredFrom([noted, later], name), { before: later.before, until: soon });
  assert.deepEqual(loweredFrom([noted, later, undone(2)], name), {
    before: noted.before,
    until: soon,
  });
});

test("a name was retired from here unless the server refused each time", () => {
  const retired = record(1, { verb: "retire" });
  const { outcome: _, ...unanswered } = retired;
  assert.equal(wasRetired([retired], name), true);
  assert.equal(wasRetired([unanswered], name), true);
  assert.equal(wasRetired([{ ...retired, outcome: "refused" }, record(2, {})], name), false);
  assert.equal(wasRetired([retired], "other.example.com"), false);
});
