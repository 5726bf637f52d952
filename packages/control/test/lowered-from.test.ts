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
  assert.equal(loweredFrom([first, again], name), first);
  assert.equal(loweredFrom([first, unanswered], name), first);
  assert.equal(loweredFrom([first, refused], name), first);
  assert.equal(loweredFrom([first, record(3, { verb: "restore" })], name), undefined);
  assert.equal(loweredFrom([first, undone], name), undefined);
  assert.equal(loweredFrom([first], "other.example.com"), undefined);
});

test("a name was retired from here unless the server refused each time", () => {
  const retired = record(1, { verb: "retire" });
  const { outcome: _, ...unanswered } = retired;
  assert.equal(wasRetired([retired], name), true);
  assert.equal(wasRetired([unanswered], name), true);
  assert.equal(wasRetired([{ ...retired, outcome: "refused" }, record(2, {})], name), false);
  assert.equal(wasRetired([retired], "other.example.com"), false);
});
