import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runDrill } from "@causeway/sim";

/** A drill that once broke a law. */
interface Stored {
  readonly seed: number;
  /** What it found. */
  readonly why: string;
}

const file = join(import.meta.dirname, "seeds.json");
const seeds = JSON.parse(readFileSync(file, "utf8")) as readonly Stored[];

for (const { seed, why } of seeds) {
  test(`seed ${seed}: ${why}`, async () => {
    const { broken } = await runDrill(seed);
    assert.equal(broken?.message, undefined);
  });
}
