import assert from "node:assert/strict";
import { getRandomValues } from "node:crypto";
import { test } from "node:test";
import { TicketCensus } from "../../src/shield/ticket-census.ts";

const random = (into: Uint32Array): void => void getRandomValues(into);
const day = 86_400_000;

function numbered(number: number): Uint8Array {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(3, number);
  return bytes;
}

/** A census of places, each with so many tickets. */
function censusOf(counts: readonly number[]): TicketCensus {
  const census = new TicketCensus(random);
  let ticket = 0;
  for (const [place, count] of counts.entries()) {
    for (let shown = 0; shown < count; shown++) census.note(numbered(place), numbered(ticket++), 0);
  }
  return census;
}

test("it counts distinct tickets, about: one shown twice is one", () => {
  const census = censusOf([1, 10, 1_000, 10_000]);
  for (let again = 0; again < 11; again++) census.note(numbered(1), numbered(1 + (again % 10)), 1);
  for (const [place, count] of [1, 10, 1_000, 10_000].entries()) {
    const found = census.countOf(numbered(place), 1);
    // What others may have in its slot is taken off, five here; and four times the error is rare.
    assert.ok(Math.abs(found - count) <= 8 + count * 0.6, `${found} of ${count}`);
  }
  assert.ok(census.countOf(numbered(99), 1) <= 1);
});

test("with a hundred thousand homes, a home is no company, and a company is one", () => {
  const counts = Array.from({ length: 100_000 }, (_, place) => (place === 0 ? 5_000 : 1));
  const census = censusOf(counts);
  let many = 0;
  for (let home = 1; home <= 1_000; home++) if (census.countOf(numbered(home), 1) > 4) many++;
  assert.ok(many <= 20, String(many));
  const found = census.countOf(numbered(0), 1);
  assert.ok(found > 2_000 && found < 10_000, String(found));
});

test("what was shown for the last time two days ago is forgotten", () => {
  const census = censusOf([1_000]);
  assert.ok(census.countOf(numbered(0), day * 1.5) > 500);
  assert.ok(census.countOf(numbered(0), day * 2.5) < 1);
  const idle = censusOf([1_000]);
  assert.ok(idle.countOf(numbered(0), day * 30) < 1);
});

test("what is kept up from ticket to ticket is what a day's turn counts anew", () => {
  const counts = Array.from({ length: 3_000 }, (_, place) => 1 + (place % 50));
  const census = censusOf(counts);
  const countAt = (now: number): readonly number[] => {
    return counts.map((_, place) => census.countOf(numbered(place), now));
  };
  const before = countAt(day * 0.9);
  assert.deepEqual(countAt(day * 1.1), before);
});

test("a million places take no more memory than one", () => {
  const census = censusOf([1]);
  const before = process.memoryUsage().arrayBuffers;
  for (let place = 0; place < 1_000_000; place++) {
    if (place % 10 === 0) census.note(numbered(place), numbered(place), 1);
  }
  assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000 * 8);
});
