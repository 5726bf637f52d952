import assert from "node:assert/strict";
import { TrustError } from "@causeway/kernel";

/** Asserts that `act` is refused with this code, about this document. */
export function assertRefused(act: () => unknown, code: string, subject?: string): void {
  assert.throws(act, (error) => {
    assert.ok(error instanceof TrustError, `${String(error)} is no TrustError`);
    assert.equal(error.code, code, error.message);
    if (subject !== undefined) assert.equal(error.subject, subject, error.message);
    return true;
  });
}
