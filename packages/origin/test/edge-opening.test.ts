import assert from "node:assert/strict";
import { test } from "node:test";
import { openedAfter } from "../src/edge/edge-opening.ts";
import { edgeRules, openedRulesIn, openRuleLines } from "../src/edge/open-rules.ts";

const line = { rule: "line", until: 5_000 } as const;
const shares = { rule: "ticket-shares", until: 7_000 } as const;

test("a rule is open at an edge until its last end, or until it is closed", () => {
  assert.deepEqual(openedAfter([line], { open: [], close: [] }), [line]);
  const opened = openedAfter([line], { open: [shares, { ...line, until: 9_000 }], close: [] });
  assert.deepEqual(opened, [shares, { ...line, until: 9_000 }]);
  assert.deepEqual(openedAfter(opened, { open: [], close: ["line"] }), [shares]);
  assert.deepEqual(openedAfter([], { open: [line], close: ["line"] }), []);
});

test("all of an edge's rules are opened and closed at once", () => {
  const all = openedAfter([line], { open: [{ rule: "all", until: 9_000 }], close: [] });
  assert.deepEqual(
    all,
    edgeRules.map((rule) => ({ rule, until: 9_000 })),
  );
  assert.deepEqual(openedAfter([line, shares], { open: [], close: ["all"] }), []);
});

test("what no edge has, and what is not open, is told", () => {
  const told = (open: readonly string[], close: readonly string[], message: RegExp): void => {
    const opening = { open: open.map((rule) => ({ rule, until: 9_000 })), close };
    assert.throws(() => openedAfter([line], opening), { code: "USAGE_ARGUMENT", message });
  };
  told(["lines"], [], /did you mean line\?$/);
  told(["colours"], [], /known are all, handshakes, [^.]*\.$/);
  told(["slow-readers"], [], /no HAProxy has the rule slow-readers; .* causeway policy open\.$/);
  told([], ["puzzle"], /causeway policy close\.$/);
  told([], ["connections"], /connections is not open here; open are: line\.$/);
  told(["line"], ["all", "all"], /all is not open here; open are: none\.$/);
});

test("what HAProxy is told of open rules is read back", () => {
  const entries = openRuleLines([line, shares]).map((each) => each.split(" ") as [string, string]);
  assert.deepEqual(openedRulesIn(entries), [shares, line]);
  const strange = [
    ["all", "9"],
    ["line", "soon"],
    ["line", "9".repeat(400)],
  ] as const;
  assert.deepEqual(openedRulesIn(strange), [
    { rule: "line", until: 0 },
    { rule: "line", until: 0 },
  ]);
});
