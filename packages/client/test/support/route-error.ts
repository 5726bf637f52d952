import assert from "node:assert/strict";
import { type RouteCode, RouteError } from "@causeway/kernel";

/** Tells whether a rejection is that of a route, for `assert.rejects`. */
export function isRouteError(code: RouteCode, message = /./): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof RouteError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  };
}
