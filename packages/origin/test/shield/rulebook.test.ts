import assert from "node:assert/strict";
import { test } from "node:test";
import { Rulebook, shieldRules } from "../../src/shield/rulebook.ts";

test("a rule is open until its end, and by itself alone", () => {
  let now = 0;
  const rules = new Rulebook({ now: () => now });
  const open = (): readonly string[] => shieldRules.filter((rule) => rules.isOpen(rule));
  assert.deepEqual(open(), []);
  rules.setOpened([
    { rule: "line", until: 10 },
    { rule: "puzzle", until: 20 },
  ]);
  assert.deepEqual(open(), ["line", "puzzle"]);
  now = 10;
  assert.deepEqual(open(), ["puzzle"], "also when nobody has said so");
  rules.setOpened([
    { rule: "all", until: 30 },
    { rule: "line", until: 40 },
  ]);
  assert.deepEqual(open(), shieldRules);
  now = 30;
  assert.deepEqual(open(), ["line"]);
  rules.setOpened([]);
  assert.deepEqual(open(), []);
});

test("where the shield is off all is open, whatever is said", () => {
  const rules = new Rulebook({ isShieldOff: true });
  rules.setOpened([]);
  assert.ok(shieldRules.every((rule) => rules.isOpen(rule)));
});
