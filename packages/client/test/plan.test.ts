import assert from "node:assert/strict";
import { test } from "node:test";
import type { Chunk, Delta, Sha256 } from "@causeway/kernel";
import fc from "fast-check";
import { choosePlan, type PlanInput } from "../src/download/plan.ts";

const chunkLength = fc.integer({ min: 1, max: 256 * 1024 });

const inputs = fc
  .record({
    lengths: fc.array(fc.record({ raw: chunkLength, packed: chunkLength }), { maxLength: 40 }),
    missing: fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
    old: fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
    hasPack: fc.boolean(),
    deltas: fc.array(
      fc.record({
        length: fc.nat(2_000_000),
        index: fc.nat(10_000),
        hereLength: fc.nat(2_000_000),
      }),
      { maxLength: 4 },
    ),
  })
  .map(({ lengths, missing, old, hasPack, deltas }): PlanInput => {
    const chunks = lengths.map(({ raw, packed }, number): Chunk => {
      const sha256 = number.toString(16).padStart(64, "0") as Sha256;
      return { sha256, offset: 0, length: raw, packOffset: 0, packLength: packed };
    });
    return {
      chunks,
      missing: chunks.map((_, number) => number).filter((number) => missing[number]),
      isInOldFile: (number) => old[number] === true,
      hasPack,
      deltas: deltas.map(({ length, index, hereLength }) => {
        return { delta: { length, index: { length: index } } as Delta, oldFile: 0, hereLength };
      }),
    };
  });

/** What each possible way would take from the network. */
function costs(input: PlanInput): number[] {
  const wanted = input.missing.filter((number) => !input.isInOldFile(number));
  const sum = (of: (chunk: Chunk) => number): number => {
    return wanted.reduce((total, number) => total + of(input.chunks.at(number) as Chunk), 0);
  };
  return [
    sum((chunk) => chunk.length),
    ...(input.hasPack ? [sum((chunk) => chunk.packLength)] : []),
    ...input.deltas.map(({ delta, hereLength }) => {
      return delta.index.length + Math.max(0, delta.length - hereLength);
    }),
  ];
}

void test("no other way takes fewer bytes than the plan", () => {
  fc.assert(
    fc.property(inputs, (input) => {
      assert.equal(choosePlan(input).bytes, Math.min(...costs(input)));
    }),
  );
});

void test("a plan by chunks gets each missing chunk once, from the disk when it is there", () => {
  fc.assert(
    fc.property(inputs, (input) => {
      const plan = choosePlan(input);
      if (plan.kind === "delta") return;
      assert.deepEqual(
        [...plan.copy, ...plan.fetch].toSorted((a, b) => a - b),
        input.missing,
      );
      for (const number of plan.copy) assert.ok(input.isInOldFile(number));
      for (const number of plan.fetch) assert.ok(!input.isInOldFile(number));
      assert.ok(plan.kind === "raw" || input.hasPack);
    }),
  );
});

void test("a delta is taken only when it saves bytes", () => {
  fc.assert(
    fc.property(inputs, (input) => {
      const plan = choosePlan(input);
      const others = choosePlan({ ...input, deltas: [] });
      assert.equal(plan.kind === "delta", plan.bytes < others.bytes);
    }),
  );
});
