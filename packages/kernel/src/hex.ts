import { invariant } from "./invariant.ts";

const digits = Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));
const pieceLength = 32; // a digest; what one call can be given has a bound

export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += pieceLength) {
    const codes: number[] = [];
    // One string for all of them: a sum of digits would leave 32 strings behind for each digest.
    for (const byte of bytes.subarray(at, at + pieceLength)) {
      codes.push(digits[byte >> 4] ?? 0, digits[byte & 15] ?? 0);
    }
    text += String.fromCharCode(...codes);
  }
  return text;
}

/** Writes the bytes that `hex` stands for into `into` at `offset`. */
export function writeHex(hex: string, into: Uint8Array, offset: number): void {
  invariant(/^(?:[0-9a-f]{2})*$/.test(hex), "hex has an even number of lower-case digits");
  for (let at = 0; at < hex.length; at += 2) {
    into[offset + at / 2] = Number.parseInt(hex.slice(at, at + 2), 16);
  }
}
