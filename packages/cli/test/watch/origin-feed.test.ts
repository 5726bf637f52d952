import assert from "node:assert/strict";
import { test } from "node:test";
import { OriginFeed } from "../../src/watch/origin-feed.ts";
import { moment, recorded } from "../support/recordings.ts";

test("an origin's seconds stand at the ticks in which they came", () => {
  const feed = new OriginFeed();
  feed.answered(recorded([moment(40), moment(41), moment(42)]), 10);
  assert.deepEqual(
    [feed.lastN, feed.at(10)?.n, feed.at(8)?.n, feed.at(7)],
    [42, 42, 40, undefined],
  );
  feed.answered(recorded([moment(43)]), 11);
  assert.equal(feed.at(11)?.n, 43);
  assert.equal(feed.newest(13)?.n, 43);
  assert.equal(feed.newest(14), undefined, "what is older tells nothing of now");
});

test("a second that comes a tick late keeps its place; clocks that drift apart are set again", () => {
  const feed = new OriginFeed();
  feed.answered(recorded([moment(1)]), 10);
  feed.answered(recorded([]), 11);
  feed.answered(recorded([moment(2), moment(3)]), 12);
  assert.deepEqual([feed.at(11)?.n, feed.at(12)?.n], [2, 3]);
  feed.answered(recorded([moment(4)]), 14);
  assert.equal(feed.at(13)?.n, 4);
  feed.answered(recorded([moment(5)]), 16);
  assert.equal(feed.at(16)?.n, 5);
});

test("an origin that was started again is asked from its beginning", () => {
  const feed = new OriginFeed();
  feed.answered(recorded([moment(500)]), 10);
  assert.equal(feed.lastN, 500);
  feed.answered(recorded([], { started: 2 }), 11);
  assert.equal(feed.lastN, 0);
  feed.answered(recorded([moment(1), moment(2)], { started: 2 }), 12);
  assert.deepEqual([feed.at(10)?.n, feed.at(11)?.n, feed.at(12)?.n], [500, 1, 2]);
});

test("one that does not answer is asked ever more rarely, but each half minute, until it does", () => {
  const feed = new OriginFeed();
  const asked: number[] = [];
  for (let tick = 0; tick < 130; tick++) {
    if (!feed.isDue(tick)) continue;
    asked.push(tick);
    feed.failed("nothing listens there", tick);
  }
  assert.deepEqual(asked, [0, 1, 3, 7, 15, 31, 61, 91, 121]);
  assert.deepEqual(feed.trouble, { why: "nothing listens there", again: 151 });
  feed.answered(recorded([moment(1)]), 151);
  assert.ok(feed.isDue(151));
  feed.failed("it closed the connection", 152);
  assert.equal(feed.trouble?.again, 153);
});

test("of each origin ten minutes are kept", () => {
  const feed = new OriginFeed();
  for (let n = 1; n <= 2_000; n++) feed.answered(recorded([moment(n)]), n);
  const known = Array.from({ length: 2_001 }, (_, tick) => feed.at(tick)).filter(Boolean);
  assert.equal(known.length, 600);
  assert.equal(feed.at(2_000)?.n, 2_000);
});
