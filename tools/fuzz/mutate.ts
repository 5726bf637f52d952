import type { Dice } from "../../packages/sim/src/dice.ts";
import { mutateTree } from "./mutate-tree.ts";
import { bytesOf } from "./reader.ts";

/** What one mutation draws on. */
interface Material {
  readonly dice: Dice;
  /** Other inputs, to take pieces from. */
  readonly others: readonly Uint8Array[];
  readonly words: readonly string[];
}

const lengthMax = 64 * 1024; // of an input: longer ones are what the tests of memory are for
const telling = [
  0,
  1,
  -1,
  0x7f,
  0x80,
  0xff,
  0x7fff,
  0x10000,
  0x40000,
  0x40001,
  2 ** 31,
  2 ** 32 - 1,
];

/** One to eight changes, of bytes or, where it is JSON, of its structure. */
export function mutate(bytes: Uint8Array, material: Material): Uint8Array {
  let changed = bytes;
  for (let left = 1 + material.dice.below(8); left > 0; left--) {
    const tree = material.dice.below(3) > 0 ? mutateTree(changed, material.dice) : undefined;
    changed = tree ?? mutateBytes(changed, material);
  }
  return changed.subarray(0, lengthMax);
}

function mutateBytes(bytes: Uint8Array, { dice, others, words }: Material): Uint8Array {
  const at = dice.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + 1 + dice.below(dice.below(4) === 0 ? 256 : 8));
  switch (dice.below(9)) {
    case 0:
      return overwritten(bytes, at, Uint8Array.of((bytes[at] ?? 0) ^ (1 << dice.below(8))));
    case 1:
      return overwritten(bytes, at, Uint8Array.of(dice.below(256)));
    case 2:
      return overwritten(bytes, at, number(dice));
    case 3:
      return replaced(bytes, at, end, new Uint8Array(0));
    case 4:
      return replaced(bytes, at, at, bytes.subarray(at, end));
    case 5:
      return bytes.slice(0, at);
    case 6:
      return replaced(bytes, at, at, bytesOf(dice.pick(words.length > 0 ? words : ["\0"])));
    case 7: {
      const other = dice.pick(others);
      return replaced(bytes, at, end, other.subarray(dice.below(other.length + 1)));
    }
    default: {
      const from = dice.below(bytes.length + 1);
      return overwritten(bytes, at, bytes.subarray(from, from + end - at));
    }
  }
}

/** A number that code compares with, in 4 or 8 bytes, little-endian. */
function number(dice: Dice): Uint8Array {
  const bytes = new Uint8Array(dice.below(2) === 0 ? 4 : 8);
  const value = dice.pick(telling) + dice.below(3) - 1;
  new DataView(bytes.buffer).setUint32(0, value, true);
  if (dice.below(4) === 0) bytes.fill(0xff, 4);
  return bytes;
}

function overwritten(bytes: Uint8Array, at: number, by: Uint8Array): Uint8Array {
  return replaced(bytes, at, Math.min(bytes.length, at + by.length), by);
}

function replaced(bytes: Uint8Array, at: number, end: number, by: Uint8Array): Uint8Array {
  return Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(end)]);
}
