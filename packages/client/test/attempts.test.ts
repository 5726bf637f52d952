import assert from "node:assert/strict";
import { test } from "node:test";
import { type Address, firstConnection, takeNext } from "../src/node/connect/attempts.ts";
import { VirtualClock } from "./support/virtual-clock.ts";

const six = (last: number): Address => ({ address: `2001:db8::${last}`, family: 6 });
const four = (last: number): Address => ({ address: `192.0.2.${last}`, family: 4 });

/** What an address does when it is connected to: after so long it takes it, or fails so. */
type Fate = readonly [afterMs: number, outcome: string];

class Field {
  readonly clock = new VirtualClock();
  /** `address@ms`, in order. */
  readonly tried: string[] = [];
  readonly taken: string[] = [];
  readonly open = new Set<string>();
  readonly #fates: Readonly<Record<string, Fate>>;

  constructor(fates: Readonly<Record<string, Fate>>) {
    this.#fates = fates;
  }

  async connect(
    batches: AsyncIterable<readonly Address[]> | readonly (readonly Address[])[],
    signal = new AbortController().signal,
  ): Promise<string> {
    const { clock, open } = this;
    const race = firstConnection({
      clock,
      signal,
      async *addresses() {
        yield* batches;
      },
      attempt: (address, over) => this.#attempt(address, over),
      discard: (connection) => void open.delete(connection),
    });
    return clock.run(race);
  }

  async #attempt({ address }: Address, signal: AbortSignal): Promise<string> {
    this.tried.push(`${address}@${this.clock.steady()}`);
    const [afterMs, outcome] = this.#fates[address] ?? [0, "hangs"];
    const heeded = outcome.endsWith("late") ? undefined : signal;
    await this.clock.sleep(outcome === "hangs" ? 1e9 : afterMs, heeded);
    if (!outcome.startsWith("takes")) throw Object.assign(new Error(outcome), { code: outcome });
    this.taken.push(address);
    this.open.add(address);
    return address;
  }
}

test("families take turns, beginning with the preferred one", () => {
  const waiting = [six(1), six(2), six(3), four(1), four(2)];
  const taken: Address[] = [];
  for (;;) {
    const next = takeNext(waiting, taken.at(-1));
    if (next === undefined) break;
    taken.push(next);
  }
  assert.deepEqual(taken, [six(1), four(1), six(2), four(2), six(3)]);
});

test("an address that hangs costs a quarter of a second, and stays in the race", async () => {
  const field = new Field({ "192.0.2.1": [30, "takes"] });
  assert.equal(await field.connect([[six(1), four(1), six(2)]]), "192.0.2.1");
  assert.deepEqual(field.tried, ["2001:db8::1@0", "192.0.2.1@250"]);
  assert.equal(field.clock.sleepers, 0, "the loser and the timer are gone");

  const slow = new Field({ "2001:db8::1": [900, "takes"] });
  assert.equal(await slow.connect([[six(1), four(1), four(2)]]), "2001:db8::1");
  assert.equal(slow.tried.length, 3);
  assert.equal(slow.clock.steady(), 900, "a far one wins late when no other takes it");
});

test("an address that fails makes room for the next one at once", async () => {
  const field = new Field({
    "2001:db8::1": [0, "ENETUNREACH"],
    "192.0.2.1": [5, "ECONNREFUSED"],
    "192.0.2.2": [10, "takes"],
  });
  assert.equal(await field.connect([[six(1), four(1), four(2)]]), "192.0.2.2");
  assert.equal(field.clock.steady(), 15);
});

test("when all fail, the most telling failure is told, and all are kept", async () => {
  const field = new Field({
    "2001:db8::1": [0, "ENETUNREACH"],
    "192.0.2.1": [5, "ECONNREFUSED"],
  });
  await assert.rejects(field.connect([[six(1), four(1)]]), (error: unknown) => {
    assert.ok(error instanceof AggregateError);
    assert.equal((error as AggregateError & { code?: string }).code, "ECONNREFUSED");
    assert.equal(error.errors.length, 2);
    return true;
  });
  await assert.rejects(new Field({}).connect([]), { code: "ENOTFOUND" });
});

test("an address that becomes known late joins the race", async () => {
  const field = new Field({ "192.0.2.9": [10, "takes"] });
  const late = async function* (): AsyncGenerator<readonly Address[]> {
    yield [four(1)];
    await field.clock.sleep(2_000);
    yield [four(9)];
  };
  assert.equal(await field.connect(late()), "192.0.2.9");
  assert.deepEqual(field.tried, ["192.0.2.1@0", "192.0.2.9@2000"]);
});

test("a connection that comes after the first is ended", async () => {
  const field = new Field({
    "2001:db8::1": [260, "takes"],
    "192.0.2.1": [50, "takes, though late"],
  });
  assert.equal(await field.connect([[six(1), four(1)]]), "2001:db8::1");
  await field.clock.run(field.clock.sleep(100));
  assert.deepEqual(field.taken, ["2001:db8::1", "192.0.2.1"]);
  assert.deepEqual([...field.open], ["2001:db8::1"]);
});

test("a name with thousands of addresses makes no thousands of connections", async () => {
  const fates: Record<string, Fate> = {};
  const many = Array.from({ length: 5_000 }, (_, at) => four(at));
  for (const { address } of many) fates[address] = [0, "ECONNREFUSED"];
  const field = new Field(fates);
  await assert.rejects(field.connect([many.slice(0, 40), many.slice(40)]));
  assert.equal(field.tried.length, 64);
});

test("the caller's signal ends the race with its own reason", async () => {
  const field = new Field({});
  const controller = new AbortController();
  const reason = new Error("enough");
  const race = assert.rejects(field.connect([[six(1), four(1)]], controller.signal), reason);
  await field.clock.sleep(300);
  controller.abort(reason);
  await race;
  assert.equal(field.clock.sleepers, 0);
});
