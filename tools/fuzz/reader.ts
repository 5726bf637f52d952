import { CausewayError } from "@causeway/kernel";

/** Code that reads bytes from outside. */
export interface Reader {
  /** What it reads without complaint: mutations start from these. */
  readonly seeds: readonly Uint8Array[];
  /** Pieces of text that mean something to it. */
  readonly words: readonly string[];
  /**
   * Reads, and checks that what was read holds together.
   * @throws {CausewayError} the bytes are refused; any other failure is a fault of ours
   */
  readonly read: (bytes: Uint8Array) => void;
}

/** "read", or the code by which the bytes were refused; whatever else happens goes through. */
export function outcomeOf(reader: Reader, bytes: Uint8Array): string {
  try {
    reader.read(bytes);
    return "read";
  } catch (error) {
    if (error instanceof CausewayError && /^[A-Z]+_[A-Z_]+$/.test(error.code)) return error.code;
    throw error;
  }
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
