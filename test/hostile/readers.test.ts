import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { Dice } from "../../packages/sim/src/dice.ts";
import { readCorpus } from "../../tools/fuzz/corpus.ts";
import { mutate } from "../../tools/fuzz/mutate.ts";
import { outcomeOf } from "../../tools/fuzz/reader.ts";
import { readers } from "../../tools/fuzz/readers.ts";

for (const [name, reader] of Object.entries(readers)) {
  suite(`bytes for the reader ${name}`, () => {
    test("its seeds are read, or it says why not", () => {
      const outcomes = reader.seeds.map((bytes) => outcomeOf(reader, bytes));
      assert.ok(outcomes.includes("read"), outcomes.join(" "));
    });

    test("what fuzzing once found is read or refused with a code", () => {
      for (const [file, bytes] of readCorpus(name)) {
        try {
          outcomeOf(reader, bytes);
        } catch (cause) {
          throw new Error(`tools/fuzz/corpus/${name}/${file}`, { cause });
        }
      }
    });

    test("any mutation of what it reads is read or refused with a code", () => {
      const { seeds, words } = reader;
      fc.assert(
        fc.property(fc.integer(), fc.nat(seeds.length - 1), (seed, at) => {
          const material = { dice: new Dice(seed), others: seeds, words };
          outcomeOf(reader, mutate(seeds[at] ?? new Uint8Array(0), material));
        }),
        { numRuns: 300 },
      );
    });
  });
}
