import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { requestClasses } from "../../src/shield/request-class.ts";
import { type Waiter, WaitingLine } from "../../src/shield/waiting-line.ts";

const bounds = { waitingMax: 10, waitMs: 800, standingAfterMs: 500, standingWaitMs: 100 };

function waiter(part: Partial<Waiter> = {}): Waiter {
  return {
    known: false,
    hasWaited: false,
    isOver: false,
    class: "metadata",
    order: 0,
    arrivedAt: 0,
    begun: false,
    ...part,
  };
}

function drain(line: WaitingLine<Waiter>): readonly Waiter[] {
  const gone: Waiter[] = [];
  for (let next = line.next(); next !== undefined; next = line.next()) gone.push(next);
  return gone;
}

test("what is shed first goes last; metadata and patches are alike", () => {
  const line = new WaitingLine(bounds);
  for (const each of requestClasses) line.join(waiter({ class: each }));
  const order = drain(line).map((each) => each.class);
  assert.deepEqual(order, ["patch", "metadata", "page", "beacon", "other"]);
});

test("older tickets go before younger ones, and those who came first before their like", () => {
  const line = new WaitingLine(bounds);
  const young = waiter({ known: true, order: 2_000 });
  const old = waiter({ known: true, order: 1_000, arrivedAt: 5 });
  const alike = waiter({ known: true, order: 1_000, arrivedAt: 3 });
  for (const each of [young, old, alike]) line.join(each);
  assert.deepEqual(drain(line), [alike, old, young]);
});

test("newcomers go after ticket holders, but every fifth place is theirs", () => {
  const line = new WaitingLine({ ...bounds, waitingMax: 100 });
  for (let each = 0; each < 20; each++) line.join(waiter({ known: each < 16 }));
  const order = drain(line).map(({ known }) => (known ? "t" : "n"));
  assert.equal(order.join(""), "ttttn".repeat(4));
});

test("newcomers can be given more turns and places, and never fewer than a fifth", () => {
  const orderWith = (percent: number): string => {
    const line = new WaitingLine({ ...bounds, waitingMax: 100 });
    line.setNewcomers(percent);
    for (let each = 0; each < 40; each++) line.join(waiter({ known: each < 20 }));
    return drain(line)
      .slice(0, 20)
      .map(({ known }) => (known ? "t" : "n"))
      .join("");
  };
  assert.equal(orderWith(20), "ttttn".repeat(4));
  assert.equal(orderWith(50), "tn".repeat(10));
  assert.equal(orderWith(80), "tnnnn".repeat(4));
  assert.equal(orderWith(30).match(/n/g)?.length, 6);
  const line = new WaitingLine(bounds);
  for (const percent of [19, 0, -1, 100]) assert.throws(() => line.setNewcomers(percent));
  line.setNewcomers(40);
  for (let each = 0; each < 10; each++) line.join(waiter({ known: true, order: each }));
  const displaced = [0, 1, 2, 3, 4].map((order) => line.join(waiter({ order })));
  assert.deepEqual(
    displaced.map((each) => each?.known),
    [true, true, true, true, false],
  );
});

test("turns that no newcomer took are not saved up", () => {
  const line = new WaitingLine({ ...bounds, waitingMax: 100 });
  for (let each = 0; each < 60; each++) line.join(waiter({ known: true }));
  for (let each = 0; each < 30; each++) line.next();
  for (let each = 0; each < 30; each++) line.join(waiter());
  const order = drain(line)
    .slice(0, 11)
    .map(({ known }) => (known ? "t" : "n"));
  assert.equal(order.join(""), "nttttnttttn");
});

test("in a full line a flood of newcomers pushes out itself, and no ticket holder", () => {
  const line = new WaitingLine(bounds);
  for (let each = 0; each < 8; each++) line.join(waiter({ known: true }));
  const kept = [1, 2].map((order) => waiter({ order }));
  for (const each of kept) assert.equal(line.join(each), undefined);
  const worse = waiter({ order: 3 });
  const better = waiter({ order: 0 });
  // Two of ten are newcomers' own: beyond, they make room for each other.
  assert.equal(line.join(worse), worse);
  assert.equal(line.join(better), kept[1]);
  assert.equal(line.length, 10);
});

test("in a line full of ticket holders, newcomers get a fifth of the places", () => {
  const line = new WaitingLine(bounds);
  for (let each = 0; each < 10; each++) line.join(waiter({ known: true, order: each }));
  const newcomer = waiter();
  assert.equal(line.join(newcomer)?.order, 9);
  assert.equal(line.join(waiter())?.order, 8);
  assert.equal(line.join(waiter({ order: 1 }))?.order, 1);
});

test("whoever has waited too long is taken out, newcomers sooner when they stand in a queue", () => {
  const line = new WaitingLine({ ...bounds, waitingMax: 100 });
  const first = waiter({ arrivedAt: 0 });
  line.join(first);
  line.join(waiter({ known: true, arrivedAt: 0 }));
  assert.deepEqual(line.takeOverdue(400), []); // a burst may last so long
  const [late, fresh] = [waiter({ arrivedAt: 450 }), waiter({ arrivedAt: 550 })];
  line.join(late);
  line.join(fresh);
  assert.deepEqual(line.takeOverdue(600), [first, late]);
  assert.equal(line.takeOverdue(801).length, 2);
  assert.equal(line.length, 0);
});

test("a queue that was empty in between is a new burst", () => {
  const line = new WaitingLine(bounds);
  line.join(waiter({ arrivedAt: 0 }));
  line.next();
  line.takeOverdue(700);
  line.join(waiter({ arrivedAt: 700 }));
  assert.deepEqual(line.takeOverdue(1_100), []);
});

test("the rest of an answer is never told to go", () => {
  const line = new WaitingLine({ ...bounds, waitingMax: 2 });
  for (let each = 0; each < 5; each++) line.join(waiter({ begun: true, order: 9 }));
  assert.equal(line.join(waiter()), undefined);
  assert.equal(line.join(waiter()), undefined);
  assert.equal(line.join(waiter({ order: 1 }))?.order, 1);
  assert.equal(line.takeOverdue(10_000).length, 2);
  assert.equal(line.length, 5);
});

test("whoever gave up is in the line no more", () => {
  const line = new WaitingLine(bounds);
  const gone = waiter();
  line.join(gone);
  assert.equal(line.leave(gone), true);
  assert.equal(line.leave(gone), false);
  assert.equal(line.next(), undefined);
});

test("whoever comes and in whatever order, the line keeps its bound and a fifth for newcomers", () => {
  const any = fc.record({
    known: fc.boolean(),
    order: fc.nat(5),
    class: fc.constantFrom(...requestClasses),
  });
  fc.assert(
    fc.property(fc.array(fc.oneof(any, fc.constant(undefined))), (steps) => {
      const line = new WaitingLine<Waiter>(bounds);
      let inRow = 0;
      let newcomers = 0;
      for (const step of steps) {
        if (step !== undefined) {
          const joins = waiter(step);
          const gone = line.join(joins);
          newcomers += (joins.known ? 0 : 1) - (gone === undefined || gone.known ? 0 : 1);
          assert.ok(line.length <= bounds.waitingMax);
          continue;
        }
        const next = line.next();
        inRow = next?.known === true && newcomers > 0 ? inRow + 1 : 0;
        if (next?.known === false) newcomers--;
        assert.ok(inRow <= 4);
      }
    }),
  );
});

test("of newcomers those who have waited go first, whatever they ask for, and stay in a full line", () => {
  const line = new WaitingLine({ ...bounds, waitingMax: 2 });
  const waited = waiter({ hasWaited: true, class: "page", order: 9_000, arrivedAt: 5 });
  const known = waiter({ known: true });
  const newcomers = [1, 2].map((order) => waiter({ order }));
  assert.equal(line.join(waited), undefined);
  for (const each of newcomers) line.join(each);
  line.join(known);
  assert.deepEqual(drain(line), [known, waited]);
});

test("who has waited is not told to wait again after a moment", () => {
  const line = new WaitingLine({ ...bounds, waitingMax: 100 });
  const [waited, newcomer] = [waiter({ hasWaited: true }), waiter()];
  line.join(waited);
  line.join(newcomer);
  assert.deepEqual(line.takeOverdue(501), [newcomer]);
  assert.deepEqual(line.takeOverdue(801), [waited]);
});
