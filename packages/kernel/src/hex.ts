import { invariant } from "./invariant.ts";

const digits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += digits[byte];
  return text;
}

/** Writes the bytes that `hex` stands for into `into` at `offset`. */
export function writeHex(hex: string, into: Uint8Array, offset: number): void {
  invariant(/^(?:[0-9a-f]{2})*$/.test(hex), "hex has an even number of lower-case digits");
  for (let at = 0; at < hex.length; at += 2) {
    into[offset + at / 2] = Number.parseInt(hex.slice(at, at + 2), 16);
  }
}
