import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Dice, drawPlainSwarm, runDrill } from "@causeway/sim";

/** A drill that once broke a law. */
interface Stored {
  readonly seed: number;
  /** What it found. */
  readonly why: string;
  /** True of one that was found since routes are also listed, sealed and announced. */
  readonly directory?: true;
}

const file = join(import.meta.dirname, "seeds.json");
const seeds = JSON.parse(readFileSync(file, "utf8")) as readonly Stored[];

for (const { seed, why, directory } of seeds) {
  test(`seed ${seed}: ${why}`, async () => {
    const asItWas = directory ? undefined : drawPlainSwarm(new Dice(seed).fork("swarm"));
    const { broken } = await runDrill(seed, asItWas);
    assert.equal(broken?.message, undefined);
  });
}
