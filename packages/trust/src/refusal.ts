import { TrustError } from "@causeway/kernel";

/** @returns undefined when `read` throws a TrustError: a refused copy is as good as none */
export function unlessRefused<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof TrustError) return undefined;
    throw error;
  }
}
