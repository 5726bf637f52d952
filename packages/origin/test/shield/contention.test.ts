import assert from "node:assert/strict";
import { test } from "node:test";
import { Contention } from "../../src/shield/contention.ts";

test("there is contention while anybody else had to wait lately", () => {
  const contention = new Contention(2_000);
  assert.equal(contention.existsFor("a", 0), false);
  contention.note("a", 0);
  contention.note("a", 10);
  assert.equal(contention.existsFor("a", 10), false, "nobody else wants it");
  assert.equal(contention.existsFor("b", 10), true);
  contention.note("b", 20);
  contention.note("a", 30);
  contention.note("a", 40);
  assert.equal(contention.existsFor("a", 2_020), true, "b waited two seconds ago");
  assert.equal(contention.existsFor("a", 2_021), false);
  assert.equal(contention.existsFor("b", 2_040), true);
  assert.equal(contention.existsFor("c", 2_041), false);
});
