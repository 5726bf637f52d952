/** 64 bits, as two whole numbers of 32. */
export type Hash = readonly [number, number];

/**
 * HalfSipHash-2-4 with 64 bits of output (Aumasson and Bernstein, "SipHash: a fast short-input PRF",
 * 2012, and its reference code): whoever does not know the key can choose no inputs that meet.
 */
export function keyedHash([k0, k1]: Hash, input: Uint8Array): Hash {
  const v: State = { v0: k0, v1: k1 ^ 0xee, v2: 0x6c796765 ^ k0, v3: 0x74656462 ^ k1 };
  const whole = input.length - (input.length % 4);
  for (let at = 0; at < whole; at += 4) absorb(v, wordAt(input, at, 4));
  absorb(v, (input.length << 24) | wordAt(input, whole, input.length - whole));
  v.v2 ^= 0xee;
  rounds(v, 4);
  const first = v.v1 ^ v.v3;
  v.v1 ^= 0xdd;
  rounds(v, 4);
  return [first >>> 0, (v.v1 ^ v.v3) >>> 0];
}

interface State {
  v0: number;
  v1: number;
  v2: number;
  v3: number;
}

function absorb(v: State, word: number): void {
  v.v3 ^= word;
  rounds(v, 2);
  v.v0 ^= word;
}

function rounds(v: State, count: number): void {
  let { v0, v1, v2, v3 } = v;
  for (let round = 0; round < count; round++) {
    v0 = (v0 + v1) | 0;
    v1 = rotate(v1, 5) ^ v0;
    v0 = rotate(v0, 16);
    v2 = (v2 + v3) | 0;
    v3 = rotate(v3, 8) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = rotate(v3, 7) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = rotate(v1, 13) ^ v2;
    v2 = rotate(v2, 16);
  }
  v.v0 = v0;
  v.v1 = v1;
  v.v2 = v2;
  v.v3 = v3;
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

/** Up to four bytes, the first of them lowest. */
function wordAt(input: Uint8Array, start: number, length: number): number {
  let word = 0;
  for (let at = 0; at < length; at++) word |= (input[start + at] ?? 0) << (8 * at);
  return word;
}
