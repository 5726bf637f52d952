import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { advisory } from "../src/demo/story.ts";

test("the demo tells the advisory of examples/ms03-026", () => {
  const example = new URL("../../../examples/ms03-026/CVE-2003-0352.json", import.meta.url);
  assert.deepEqual(advisory, JSON.parse(readFileSync(example, "utf8")));
});
