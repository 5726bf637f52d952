import { Dice } from "../../packages/sim/src/dice.ts";
import { Coverage } from "./coverage.ts";
import { mutate } from "./mutate.ts";
import { outcomeOf, type Reader } from "./reader.ts";

const batch = 50; // looking at the coverage takes as long as some dozen inputs
const inputMsMax = 1_000; // of one input of at most 64 KiB: more is a way to stop a client
const keptLengthMax = 4_096; // of an input that is kept: shorter ones say as much

export interface Outcome {
  readonly runs: number;
  /** Inputs that reached code which nothing before them had. */
  readonly found: readonly Uint8Array[];
  readonly reach: number;
  readonly failure: { readonly bytes: Uint8Array; readonly error: unknown } | undefined;
}

/** Mutates what reached new code, for a while, or until the reader fails. */
export function fuzz(
  reader: Reader,
  corpus: readonly Uint8Array[],
  limits: { readonly seed: number; readonly ms: number },
): Outcome {
  const dice = new Dice(limits.seed);
  const coverage = new Coverage();
  const pool = [...reader.seeds, ...corpus];
  const found: Uint8Array[] = [];
  const end = performance.now() + limits.ms;
  let runs = 0;
  let bytes: Uint8Array = new Uint8Array(0);
  const run = (input: Uint8Array): void => {
    bytes = input;
    runs++;
    const began = performance.now();
    outcomeOf(reader, input);
    const ms = performance.now() - began;
    if (ms > inputMsMax) throw new Error(`${input.length} bytes took ${ms.toFixed(0)} ms`);
  };
  try {
    pool.forEach(run);
    coverage.takeNews(true);
    while (performance.now() < end) {
      const material = { dice, others: pool, words: reader.words };
      const inputs = Array.from({ length: batch }, () => mutate(pick(pool, dice), material));
      inputs.forEach(run);
      if (!coverage.takeNews(false)) continue;
      for (const input of inputs) {
        run(input);
        if (!coverage.takeNews(true) || input.length > keptLengthMax) continue;
        pool.push(input);
        found.push(input);
      }
    }
    return { runs, found, reach: coverage.reach, failure: undefined };
  } catch (error) {
    return { runs, found, reach: coverage.reach, failure: { bytes, error } };
  } finally {
    coverage.close();
  }
}

/** The last ones more often: what is new is least explored. */
function pick(pool: readonly Uint8Array[], dice: Dice): Uint8Array {
  const last = dice.below(2) === 0 ? pool.slice(-8) : pool;
  return dice.pick(last);
}
