import { invariant } from "./invariant.ts";

const digits = new TextEncoder().encode("0123456789abcdef");
const decoder = new TextDecoder();

export function toHex(bytes: Uint8Array): string {
  // One string for all of them: a sum of digits would leave 32 strings behind for each digest.
  const codes = new Uint8Array(bytes.length * 2);
  let at = 0;
  for (const byte of bytes) {
    codes[at++] = digits[byte >> 4] ?? 0;
    codes[at++] = digits[byte & 15] ?? 0;
  }
  return decoder.decode(codes);
}

/** Writes the bytes that `hex` stands for into `into` at `offset`. */
export function writeHex(hex: string, into: Uint8Array, offset: number): void {
  invariant(/^(?:[0-9a-f]{2})*$/.test(hex), "hex has an even number of lower-case digits");
  for (let at = 0; at < hex.length; at += 2) {
    into[offset + at / 2] = Number.parseInt(hex.slice(at, at + 2), 16);
  }
}
