import assert from "node:assert/strict";
import { test } from "node:test";
import { asSentence } from "@causeway/kernel";

test("what a message says ends as a sentence, once", () => {
  for (const whole of ["It is gone.", "did you mean host?", "Stop!"]) {
    assert.equal(asSentence(whole), whole);
  }
  assert.equal(asSentence("it is gone"), "it is gone.");
  assert.equal(asSentence("it is gone (404)"), "it is gone (404).");
});
