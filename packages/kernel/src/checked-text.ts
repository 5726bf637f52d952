import { AnnouncementError } from "./errors.ts";
import { invariant } from "./invariant.ts";

/*
 * Bytes as text that people copy: Crockford's base32 in groups of ten characters, of which the last
 * checks the others. It is the sum over GF(32) of each character times a weight of its own, plus
 * the group's number: one wrong character, two that changed places, and groups that changed places
 * are always found, and anything else 31 times in 32.
 */

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const groupLength = 10;
const dataLength = groupLength - 1;

const values: ReadonlyMap<string, number> = new Map([
  ...alphabet.split("").map((character, value) => [character, value] as const),
  ["O", 0],
  ["I", 1],
  ["L", 1],
]);

/** What a phone or a mail programme puts between, or makes of a hyphen. */
const separators = /[\s\p{Cf}\p{Pd}]/gu;

/** How many characters these bytes take, without what stands between groups. */
export function checkedTextLength(byteCount: number): number {
  const data = Math.ceil((byteCount * 8) / 5);
  return data + Math.ceil(data / dataLength);
}

/** Upper case, with a hyphen between groups. */
export function toCheckedText(bytes: Uint8Array): string {
  const data = toBase32(bytes);
  const groups: string[] = [];
  for (let at = 0; at < data.length; at += dataLength) {
    const group = data.slice(at, at + dataLength);
    const all = [...group, checkOf(group, groups.length)];
    groups.push(all.map((value) => alphabet[value]).join(""));
  }
  return groups.join("-");
}

/** Text whose characters are known, and whose groups are still to be checked. */
export class CheckedText {
  readonly #characters: readonly number[];

  /** @throws {AnnouncementError} `ANNOUNCEMENT_MISTYPED` when a character belongs to no such text */
  constructor(text: string) {
    this.#characters = Array.from(text.replace(separators, "").toUpperCase(), (character, at) => {
      const value = values.get(character);
      if (value !== undefined) return value;
      throw mistyped(Math.floor(at / groupLength), `${JSON.stringify(character)} is in no code`);
    });
  }

  /** Characters, without what stood between groups. */
  get length(): number {
    return this.#characters.length;
  }

  /**
   * What the first group holds: five bytes, or none when it is not whole.
   * @throws {AnnouncementError} `ANNOUNCEMENT_MISTYPED`
   */
  firstBytes(): Uint8Array {
    return fromBase32(this.#data(groupLength));
  }

  /**
   * All `byteCount` bytes, or fewer when the text ends before.
   * @throws {AnnouncementError} `ANNOUNCEMENT_MISTYPED` for the first whole group that is wrong
   */
  bytes(byteCount: number): Uint8Array {
    return fromBase32(this.#data(checkedTextLength(byteCount)));
  }

  /** Of the first `count` characters those that are data, in groups that are whole and right. */
  #data(count: number): readonly number[] {
    const data: number[] = [];
    for (let at = 0; at < count; at += groupLength) {
      const end = Math.min(at + groupLength, count);
      if (end > this.length) break;
      const group = this.#characters.slice(at, end - 1);
      const number = at / groupLength;
      if (checkOf(group, number) !== this.#characters[end - 1]) throw this.#wrong(number);
      data.push(...group);
    }
    return data;
  }

  #wrong(number: number): AnnouncementError {
    const start = number * groupLength;
    const read = this.#characters.slice(start, start + groupLength);
    return mistyped(number, `${read.map((value) => alphabet[value]).join("")} is not as it was`);
  }
}

function mistyped(group: number, what: string): AnnouncementError {
  const text = `group ${group + 1} of the code is mistyped (${what}); compare it with the original.`;
  return new AnnouncementError("ANNOUNCEMENT_MISTYPED", text, { group: group + 1 });
}

function checkOf(group: readonly number[], number: number): number {
  let sum = number % alphabet.length;
  let weight = 1; // that of the check itself
  for (const value of group) {
    weight = times(weight, 2);
    sum ^= times(value, weight);
  }
  return sum;
}

/** The product in GF(32), modulo x^5 + x^2 + 1. */
function times(a: number, b: number): number {
  let product = 0;
  for (let bit = 4; bit >= 0; bit--) {
    product <<= 1;
    if ((product & 32) !== 0) product ^= 0b100101;
    if (((b >> bit) & 1) === 1) product ^= a;
  }
  return product;
}

function toBase32(bytes: Uint8Array): readonly number[] {
  const found: number[] = [];
  let bits = 0;
  let kept = 0;
  for (const byte of bytes) {
    kept = ((kept << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) found.push((kept >> (bits - 5)) & 31);
  }
  if (bits > 0) found.push((kept << (5 - bits)) & 31);
  return found;
}

/** Bits that fill the last character are dropped. */
function fromBase32(data: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(Math.floor((data.length * 5) / 8));
  let bits = 0;
  let kept = 0;
  let at = 0;
  for (const value of data) {
    kept = ((kept << 5) | value) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (kept >> bits) & 255;
  }
  invariant(at === bytes.length, "eight bits make a byte");
  return bytes;
}
