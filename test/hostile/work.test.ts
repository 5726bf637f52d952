import assert from "node:assert/strict";
import { test } from "node:test";
import { Coverage } from "../../tools/fuzz/coverage.ts";
import { bytesOf, outcomeOf } from "../../tools/fuzz/reader.ts";
import { readers } from "../../tools/fuzz/readers.ts";

/** Documents that ask for the most work, by a size that can be doubled. */
const shapes: Readonly<Record<string, readonly [reader: string, (size: number) => Uint8Array]>> = {
  signatures: ["root", (size) => enveloped(listOf(size, (at) => `{"keyid":"${at}","sig":"00"}`))],
  "keys that are none": ["root", (size) => rootOf(size, (at) => `"${at}":{"keytype":"x"}`)],
  "open brackets": ["json", (size) => bytesOf("[".repeat(size))],
  "names that differ at their end": [
    "json",
    (size) => bytesOf(`{${listOf(size, (at) => `"${"x".repeat(60)}${at}":0`)}}`),
  ],
  "names that are multiples of a power of two": [
    "json",
    (size) => bytesOf(`{${listOf(size, (at) => `"${at * 65_536}":0`)}}`),
  ],
  escapes: ["json", (size) => bytesOf(`"${"\\u0061".repeat(size)}"`)],
  digits: ["json", (size) => bytesOf("9".repeat(size))],
  routes: [
    "documents",
    (size) =>
      bytesOf(`{"_type":"causeway-routes","version":1,"routes":[${listOf(size, routeOf)}]}`),
  ],
  targets: [
    "targets",
    (size) => bytesOf(targetsOf(`{${listOf(size, (at) => `"${at}":${entry}`)}}`, "")),
  ],
  "delegated roles": [
    "targets",
    (size) =>
      bytesOf(targetsOf("{}", `,"delegations":{"keys":{},"roles":[${listOf(size, role)}]}`)),
  ],
  "path patterns that begin as the path does": [
    "targets",
    (size) => bytesOf(targetsOf("{}", byPaths(listOf(size, (at) => `"d*a*a*a${at}/[!b]"`)))),
  ],
  "path patterns of many segments": [
    "targets",
    (size) => bytesOf(targetsOf("{}", byPaths(listOf(size, () => `"${"*/".repeat(400)}"`)))),
  ],
  "chunks of one byte": ["chunkIndex", (size) => chunksOf(size)],
  "a pattern of stars": ["pattern", (size) => bytesOf(`${"*a".repeat(16)}b\n${"a".repeat(size)}`)],
};

const entry = `{"length":1,"hashes":{"sha256":"${"5a".repeat(32)}"}}`;

function listOf(size: number, item: (at: number) => string): string {
  return Array.from({ length: size }, (_, at) => item(at)).join(",");
}

function enveloped(signatures: string): Uint8Array {
  return bytesOf(`{"signatures":[${signatures}],"signed":{}}`);
}

function rootOf(size: number, key: (at: number) => string): Uint8Array {
  const head = `"_type":"root","spec_version":"1.0.0","version":1,"expires":"2031-01-01T00:00:00Z"`;
  return bytesOf(`{${head},"keys":{${listOf(size, key)}},"roles":{}}`);
}

function routeOf(at: number): string {
  const rest = `"kind":"mirror","priority":1,"weight":1,"state":"active"`;
  return `{"id":"r${at}","url":"https://a.example/","${"x".repeat(9)}":0,${rest}}`;
}

function targetsOf(targets: string, rest: string): string {
  const head = `"_type":"targets","spec_version":"1.0.0","version":1`;
  return `{${head},"expires":"2031-01-01T00:00:00Z","targets":${targets}${rest}}`;
}

function role(at: number): string {
  return `{"name":"r${at}","keyids":[],"threshold":1,"terminating":false,"paths":["*"]}`;
}

function byPaths(patterns: string): string {
  const rest = `"keyids":[],"threshold":1,"terminating":false`;
  return `,"delegations":{"keys":{},"roles":[{"name":"a",${rest},"paths":[${patterns}]}]}`;
}

function chunksOf(size: number): Uint8Array {
  const bytes = new Uint8Array(92 + 40 * size);
  const view = new DataView(bytes.buffer);
  bytes.set(bytesOf("CWINDEX1"));
  view.setBigUint64(8, BigInt(size), true);
  view.setUint32(88, size, true);
  for (let at = 0; at < size; at++) view.setUint32(92 + 40 * at, 1, true);
  return bytes;
}

// Counted, not timed: on a busy machine a clock proves nothing.
for (const [name, [readerName, make]] of Object.entries(shapes)) {
  test(`twice as many cost twice as much: ${name}`, () => {
    const reader = readers[readerName];
    assert.ok(reader !== undefined);
    const coverage = new Coverage();
    try {
      const [once, twice] = [500, 1_000].map((size) => {
        const bytes = make(size);
        coverage.takeWork();
        outcomeOf(reader, bytes);
        return coverage.takeWork();
      });
      assert.ok(once !== undefined && twice !== undefined && once > 0);
      assert.ok(twice < 2.3 * once + 500, `${once} blocks ran, then ${twice}`);
    } finally {
      coverage.close();
    }
  });
}
