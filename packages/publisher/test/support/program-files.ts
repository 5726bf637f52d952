import { createHash } from "node:crypto";

/**
 * Bytes that look like a program's: words that come again and again among some that do not.
 * The same seed and length give the same bytes.
 */
export function programBytes(length: number, seed: string): Buffer {
  const words = Array.from({ length: 64 }, (_, at) => randomBytes(24, `${seed}/word/${at}`));
  const choices = randomBytes(Math.ceil(length / 12), `${seed}/choice`);
  const bytes = Buffer.alloc(length);
  for (let at = 0, turn = 0; at < length; turn++) {
    const choice = choices[turn % choices.length] ?? 0;
    const word = words[choice % words.length] ?? bytes;
    const part = choice < 128 ? word : choices.subarray(turn, turn + 8);
    at += Math.max(part.copy(bytes, at), 1);
  }
  return bytes;
}

/** Bytes that nothing compresses. */
export function randomBytes(length: number, seed: string): Buffer {
  return createHash("shake256", { outputLength: length }).update(seed).digest();
}

/** A next version: some bytes changed here and there, some put in, some taken out. */
export function nextVersion(bytes: Buffer, seed: string): Buffer {
  const changed = Buffer.from(bytes);
  const places = randomBytes(4 * 40, seed);
  for (let at = 0; at < places.length; at += 4) {
    places.copy(changed, places.readUInt32LE(at) % Math.max(changed.length - 4, 1), at, at + 4);
  }
  const third = Math.floor(changed.length / 3);
  const added = randomBytes(Math.min(2000, third), `${seed}/added`);
  return Buffer.concat([
    changed.subarray(0, third),
    added,
    changed.subarray(third, 2 * third),
    changed.subarray(2 * third + Math.min(500, third)),
  ]);
}
