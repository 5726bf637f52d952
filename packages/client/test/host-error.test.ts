import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { HostError } from "@causeway/kernel";
import { toHostError } from "../src/node/internal/host-error.ts";

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: the system's words`), { code });
}

test("what the system refuses is named by who can mend it, with the cause kept", () => {
  const codes = ["ENOSPC", "EROFS", "ENOENT", "EMFILE", "EISDIR", "EIO"].map((errno) => {
    const cause = systemError(errno);
    const error = toHostError(cause, "write state.json");
    assert.equal(error.cause, cause);
    assert.match(error.message, /^cannot write state\.json: .*\w\.$/);
    return error.code;
  });
  const expected = ["HOST_FULL", "HOST_DENIED", "HOST_MISSING", "HOST_BUSY", "HOST_IO", "HOST_IO"];
  assert.deepEqual(codes, expected);
});

test("an unknown failure keeps the system's words, and one that was named keeps its name", () => {
  const odd = toHostError(systemError("EIO"), "read x");
  assert.equal(odd.message, "cannot read x: EIO: the system's words.");
  const named = new HostError("HOST_FULL", "the stick is full");
  assert.equal(toHostError(named, "read x"), named);
});

test("a real failure of Node.js is understood", () => {
  assert.throws(
    () => {
      try {
        readFileSync("/etc/hostname/none");
      } catch (cause) {
        throw toHostError(cause, "read none");
      }
    },
    { code: "HOST_MISSING", message: "cannot read none: a part of its path is no folder." },
  );
});
