import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as fc from "fast-check";
import { HyperLogLog } from "../../src/measures/hyper-log-log.ts";
import { type Hash, keyedHash } from "../../src/measures/keyed-hash.ts";
import { networkText } from "../../src/measures/network-text.ts";
import { SourceMeter } from "../../src/measures/source-meter.ts";
import { SourceWindow, windowSeconds } from "../../src/measures/source-window.ts";
import { TopKeys } from "../../src/measures/top-keys.ts";
import { prefixOf } from "../../src/tls/address-prefix.ts";

const key: Hash = [0x03020100, 0x07060504];
const standardError = 1.04 / Math.sqrt(4_096);

test("the hash is the one whose vectors its authors publish", () => {
  // Of github.com/veorq/SipHash, vectors.h: inputs 00 01 02 ... of these lengths.
  const vectors = {
    0: "218d1f59b9b83cc8",
    1: "be552412f8387315",
    3: "ce0f1a45f7060679",
    4: "d5e78a175be52ea1",
    6: "ce3e91358aa2bc25",
    8: "edfee820bce4858c",
    16: "7336aad25f7bf3b5",
  };
  for (const [length, expected] of Object.entries(vectors)) {
    const input = Uint8Array.from({ length: Number(length) }, (_, at) => at);
    const bytes = Buffer.alloc(8);
    for (const [at, word] of keyedHash(key, input).entries()) bytes.writeUInt32LE(word, at * 4);
    assert.equal(bytes.toString("hex"), expected, `of ${length} bytes`);
  }
});

function hashOf(value: number): Hash {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value);
  return keyedHash(key, bytes);
}

test("distinct sources are counted within the error that is promised, in 4 KiB, up to millions", () => {
  const sketch = new HyperLogLog();
  assert.equal(sketch.estimate(), 0);
  let seen = 0;
  for (const count of [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 4_000_000]) {
    for (; seen < count; seen++) sketch.add(hashOf(seen));
    const off = Math.abs(sketch.estimate() - count) / count;
    assert.ok(off <= 3 * standardError, `${count}: ${sketch.estimate()}`);
    assert.equal(Buffer.from(sketch.toText(), "base64").length, 4_096);
  }
  const before = sketch.estimate();
  for (let again = 0; again < 100_000; again++) sketch.add(hashOf(again));
  assert.equal(sketch.estimate(), before, "a source that comes again is none more");
});

test("sketches of several workers are merged as if one had seen it all", () => {
  const [all, a, b] = [new HyperLogLog(), new HyperLogLog(), new HyperLogLog()];
  for (let at = 0; at < 30_000; at++) {
    all.add(hashOf(at));
    if (at < 20_000) a.add(hashOf(at));
    if (at >= 10_000) b.add(hashOf(at));
  }
  a.merge(HyperLogLog.fromText(b.toText()));
  assert.equal(a.toText(), all.toText());
});

test("the rank of a hash whose second half is zero goes on in the first", () => {
  const sketch = new HyperLogLog();
  sketch.add([0, 0]);
  assert.equal(Buffer.from(sketch.toText(), "base64")[0], 53);
  sketch.add([0x8000_0001, 0]);
  assert.equal(Buffer.from(sketch.toText(), "base64")[1], 33);
  sketch.add([2, 1]);
  assert.equal(Buffer.from(sketch.toText(), "base64")[2], 32);
  assert.ok(Number.isFinite(sketch.estimate()));
});

test("of all keys those are told that come most, short by no more than the bound", () => {
  const weights = fc.array(fc.tuple(fc.nat(30), fc.integer({ min: 1, max: 40 })), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(weights, (stream) => {
      const size = 8;
      const top = new TopKeys(size);
      const truth = new Map<string, number>();
      let total = 0;
      for (const [name, times] of stream) {
        for (let each = 0; each < times; each++) top.add(`k${name}`);
        truth.set(`k${name}`, (truth.get(`k${name}`) ?? 0) + times);
        total += times;
      }
      const told = new Map(top.top(size));
      assert.ok(told.size <= size);
      for (const [name, count] of truth) {
        const atLeast = told.get(name) ?? 0;
        assert.ok(
          atLeast <= count && count - atLeast <= total / size,
          `${name}: ${atLeast}/${count}`,
        );
      }
    }),
  );
});

/** An IPv4 address for each number. */
function addressOf(at: number): string {
  const spread = Math.imul(at, 2_654_435_761) >>> 0; // odd: no two numbers meet
  return [24, 16, 8, 0].map((by) => (spread >>> by) & 255).join(".");
}

test("a million sources leave a meter no larger than a few, and one network stands out", () => {
  const meter = new SourceMeter(key);
  const window = new SourceWindow();
  const perSecond = 100_000;
  const total = 1_000_000;
  let few = 0;
  for (let at = 0; at < total; at++) {
    meter.count(addressOf(at));
    if (at % 20 === 0) meter.count(`203.0.113.${at % 7}`);
    if (at === 10_000) few = heapBytes();
    if ((at + 1) % perSecond !== 0) continue;
    const grown = heapBytes() - few;
    assert.ok(grown < 1_000_000, `${grown} bytes more after ${at}`);
    const report = meter.report();
    assert.ok(JSON.stringify(report).length < 8_000);
    window.add([report]);
  }
  const off = Math.abs(window.sourcesEver() - total) / total;
  assert.ok(off <= 3 * standardError, String(window.sourcesEver()));
  const [first] = window.networks();
  assert.equal(first?.[0], "203.0.113.0/24");
  // Each second, 5,000 of 105,000; short by at most a 256th of all.
  const [seconds, most] = [total / perSecond, 5_000];
  assert.ok((first?.[1] ?? 0) <= seconds * most);
  assert.ok((first?.[1] ?? 0) >= seconds * (most - 105_000 / 256));
  assert.ok(window.networks().length <= 10);
});

/** Bytes that are in use after all garbage is gone. */
function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
}

test("what is older than the window is forgotten, and told of all time", () => {
  const meter = new SourceMeter(key);
  const window = new SourceWindow();
  for (let at = 0; at < 1_000; at++) meter.count(addressOf(at));
  const first = window.add([meter.report()]);
  assert.ok(Math.abs(first - 1_000) < 50);
  meter.count("192.0.2.1");
  meter.count("192.0.2.1");
  assert.equal(window.add([meter.report(), meter.report()]), 1);
  assert.ok(window.sources() > 900);
  for (let second = 2; second < windowSeconds; second++) window.add([meter.report()]);
  assert.ok(window.sources() > 900);
  window.add([]);
  assert.equal(window.sources(), 1);
  assert.deepEqual(window.networks(), [["192.0.2.0/24", 2]]);
  window.add([]);
  assert.deepEqual([window.sources(), window.networks()], [0, []]);
  assert.ok(window.sourcesEver() > 900);
});

test("a source is a machine of IPv4, or a household of IPv6, whatever form its address has", () => {
  const meter = new SourceMeter(key);
  const window = new SourceWindow();
  for (const address of ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1", "2001:db8::2", "none"]) {
    meter.count(address);
  }
  assert.equal(window.add([meter.report()]), 2);
  assert.deepEqual(
    new Map(window.networks()),
    new Map([
      ["192.0.2.0/24", 2],
      ["2001:db8::/48", 2],
    ]),
  );
});

test("networks are written as people write them", () => {
  const texts = ["198.51.100.7", "::1", "2001:db8:0:1::1", "2001:0db8:00ab:ffff::"].map(
    (address) => {
      return networkText(prefixOf(address)?.wide ?? new Uint8Array());
    },
  );
  assert.deepEqual(texts, ["198.51.100.0/24", "::/48", "2001:db8::/48", "2001:db8:ab::/48"]);
});
