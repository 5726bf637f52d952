import { AssertionError } from "node:assert/strict";
import { TrustError, UsageError } from "@causeway/kernel";

/** The code that `act` fails with; fails itself when it does not fail, or otherwise. */
export function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (cause) {
    if (cause instanceof TrustError || cause instanceof UsageError) return cause.code;
    throw cause;
  }
  throw new AssertionError({ message: "it did not fail" });
}

/** `act`'s value, or the code that it fails with; every other failure goes through. */
export function valueOrCode<Value>(act: () => Value): Value | string {
  try {
    return act();
  } catch (cause) {
    if (cause instanceof TrustError) return cause.code;
    throw cause;
  }
}
