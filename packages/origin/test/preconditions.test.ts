import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { parseHttpDate, toHttpDate } from "../src/http-date.ts";
import { judge, rangeApplies } from "../src/preconditions.ts";

const modifiedMs = Date.UTC(2003, 7, 15, 12, 0, 0);
const file = { etag: '"abc"', modifiedMs, fixed: false };
const now = Date.UTC(2026, 0, 1);
const date = (offsetMs: number): string => toHttpDate(modifiedMs + offsetMs);

test("every form of a date is read, and nothing else", () => {
  const instant = Date.UTC(1994, 10, 6, 8, 49, 37);
  assert.equal(parseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT", now), instant);
  assert.equal(parseHttpDate("Sunday, 06-Nov-94 08:49:37 GMT", now), instant);
  assert.equal(parseHttpDate("Sun Nov  6 08:49:37 1994", now), instant);
  for (const text of [
    "",
    "0",
    "1994",
    "1994-11-06",
    "Sun, 06 Nov 1994 08:49:37",
    "Sun, 06 Foo 1994 08:49:37 GMT",
  ]) {
    assert.equal(parseHttpDate(text, now), undefined, text);
  }
  const seconds = fc.integer({ min: 0, max: 4_102_444_800 });
  fc.assert(
    fc.property(seconds, (s) => assert.equal(parseHttpDate(toHttpDate(s * 1000), now), s * 1000)),
  );
});

test("If-None-Match compares weakly, through lists", () => {
  for (const header of ['"abc"', 'W/"abc"', '"x", "abc"', '"x",W/"abc" ,"y"', "*", ' , "abc"']) {
    assert.equal(judge({ "if-none-match": header }, file, now), "not-modified", header);
  }
  for (const header of ['"ab"', "abc", '"x", abc', 'w/"abc"', "", '"a,bc"', '"x" "abc"']) {
    assert.equal(judge({ "if-none-match": header }, file, now), "go-on", header);
  }
});

test("If-None-Match wins over If-Modified-Since", () => {
  const headers = { "if-none-match": '"old"', "if-modified-since": date(0) };
  assert.equal(judge(headers, file, now), "go-on");
});

test("If-Modified-Since holds from the file's second on, and a broken date is no condition", () => {
  assert.equal(judge({ "if-modified-since": date(0) }, file, now), "not-modified");
  assert.equal(judge({ "if-modified-since": date(1000) }, file, now), "not-modified");
  assert.equal(judge({ "if-modified-since": date(-1000) }, file, now), "go-on");
  assert.equal(judge({ "if-modified-since": "yesterday" }, file, now), "go-on");
});

test("a client that insists on another version is told so", () => {
  assert.equal(judge({ "if-match": '"old"' }, file, now), "failed");
  assert.equal(judge({ "if-match": 'W/"abc"' }, file, now), "failed");
  assert.equal(judge({ "if-match": '"old", "abc"' }, file, now), "go-on");
  assert.equal(judge({ "if-unmodified-since": date(-1000) }, file, now), "failed");
  assert.equal(judge({ "if-unmodified-since": date(0) }, file, now), "go-on");
});

test("If-Range takes the exact strong tag; a date only where the name vouches for the bytes", () => {
  const fixed = { ...file, fixed: true };
  assert.ok(rangeApplies({}, file, now));
  assert.ok(rangeApplies({ "if-range": '"abc"' }, file, now));
  assert.ok(rangeApplies({ "if-range": date(0) }, fixed, now));
  for (const header of ['W/"abc"', '"old"', "abc", '"abc", "x"', date(0), date(1000)]) {
    assert.ok(!rangeApplies({ "if-range": header }, file, now), header);
  }
  assert.ok(!rangeApplies({ "if-range": date(1000) }, fixed, now));
});
