import assert from "node:assert/strict";
import { test } from "node:test";
import { portList } from "../src/port-list.ts";

test("ports are read from lists and ranges, so many and no more", () => {
  const read = portList(4);
  assert.deepEqual(read("9001"), [9001]);
  assert.deepEqual(read("9001-9003,65535"), [9001, 9002, 9003, 65_535]);
  const wrong = [
    "",
    ",",
    "9001,",
    "9001-",
    "-9001",
    "9002-9001",
    "0",
    "0-2",
    "65536",
    "1e3",
    " 80",
  ];
  const many = ["1-5", "1-4,9", "1-65535", "1,2,3,4,5", `${"9001,".repeat(100_000)}9001`];
  for (const text of [...wrong, ...many]) assert.throws(() => read(text), /at most 4 ports/, text);
});
