import assert from "node:assert/strict";
import { zstdCompressSync } from "node:zlib";
import type { Chunk, Clock, Delivery, Sha256 } from "@causeway/kernel";
import {
  decodeJournal,
  encodeJournal,
} from "../../packages/client/src/download/partial-journal.ts";
import { type ChunkSource, unpack } from "../../packages/client/src/fetch/chunk-source.ts";
import { sha256Of, VerifiedChunk } from "../../packages/client/src/fetch/chunk-verified.ts";
import { clientLimits } from "../../packages/client/src/limits.ts";
import { judgeAnswer, redirectTarget, skewOf } from "../../packages/client/src/routes/answer.ts";
import { parseRoute, parseRoutes } from "../../packages/client/src/routes/parse-route.ts";
import { decodeNotes, encodeNotes } from "../../packages/client/src/routes/route-notes.ts";
import { bytesOf, type Reader, textOf } from "./reader.ts";

const now = Date.UTC(2030, 0, 1);
const day = 24 * 3_600_000;
const sha256 = "5a".repeat(32) as Sha256;
const chunkCount = 100;

const journal: Reader = {
  seeds: [encodeJournal(sha256, []), encodeJournal(sha256, [3, 99, 0, 3])],
  words: ["CWJOURN1"],
  read(bytes) {
    const numbers = decodeJournal(bytes, sha256, chunkCount) ?? [];
    assert.ok(numbers.every((number, at) => number > (numbers[at - 1] ?? -1)));
    assert.ok(numbers.every((number) => number < chunkCount));
    assert.deepEqual(decodeJournal(encodeJournal(sha256, numbers), sha256, chunkCount), numbers);
  },
};

const note = {
  url: "https://a.example/",
  triedAt: now - day,
  failures: 2,
  sleepUntil: now,
  rest: { askedAt: now - day, until: now },
  bytesPerSecond: 1e6,
  latencyMs: 30,
};

/** Damage is forgotten, never an error. */
const notes: Reader = {
  seeds: [bytesOf(JSON.stringify({ _type: "causeway-route-notes", routes: [note], turn: 3 }))],
  words: ["routes", "rest", "until"],
  read(bytes) {
    const read = decodeNotes(bytes, now, day);
    assert.ok(read.notes.size <= 128);
    for (const each of read.notes.values()) assert.ok(each.triedAt <= now + day);
    const written = encodeNotes(read);
    assert.ok(Buffer.from(encodeNotes(decodeNotes(written, now, day))).equals(written));
  },
};

const content = Buffer.from("the same again and again, ".repeat(40));
const chunk: Chunk = {
  sha256: sha256Of(content),
  offset: 0,
  length: content.length,
  packOffset: 0,
  packLength: 100,
};
const pack: ChunkSource = { kind: "pack", path: "targets/a", length: 100, ranged: true };
const bomb = zstdCompressSync(Buffer.alloc(8 * 1024 * 1024));

/** A frame of a pack. */
const frame: Reader = {
  seeds: [zstdCompressSync(content), bomb, Buffer.concat([zstdCompressSync(content), bomb])],
  words: ["\x28\xb5\x2f\xfd", "\x50\x2a\x4d\x18\xff\xff\xff\xff"],
  read(bytes) {
    const made = unpack(pack, bytes, chunk);
    assert.ok((made?.length ?? 0) <= chunk.length, "a frame makes no more than its chunk");
    const verified = made && VerifiedChunk.from(made, chunk);
    assert.ok(verified === undefined || content.equals(verified.bytes));
  },
};

const [asked] = parseRoutes(["http://u:p@a.example/base/", "https://b.example/"]);
const clock: Clock = { wall: () => now, steady: () => 0, sleep: () => Promise.resolve() };

/** The status, and a header on each line that follows. */
const headers: Reader = {
  seeds: [
    '206\ncontent-range: bytes 5-14/100\ncontent-length: 10\netag: "a"',
    "200\ncontent-length: 10\ndate: Tue, 01 Jan 2030 00:00:00 GMT\nage: 60",
    "503\nretry-after: 120",
    "429\nretry-after: Tue, 01 Jan 2030 00:02:00 GMT",
    "302\nlocation: https://b.example/x",
    "301\nlocation: ../base/y",
    "200\ncontent-encoding: gzip\ncontent-type: text/html",
  ].map(bytesOf),
  words: [
    "content-range: bytes ",
    "retry-after: ",
    "location: ",
    "age: ",
    "date: ",
    "//",
    "data:,x",
  ],
  read(bytes) {
    const [status = "", ...lines] = textOf(bytes).split("\n");
    const named = new Map(
      lines.map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1)] as const;
      }),
    );
    const answer = { status: Number.parseInt(status, 10) || 0, headers: named };
    readHeaders(answer);
  },
};

function readHeaders(answer: Pick<Delivery, "status" | "headers">): void {
  assert.ok(asked !== undefined);
  const url = new URL("targets/x", asked.base);
  const skew = skewOf(answer.headers, now);
  assert.ok(skew === undefined || Number.isFinite(skew));
  const next = redirectTarget(answer, url, "targets/x", true, asked);
  if (next !== undefined) {
    assert.ok(["a.example", "b.example"].includes(next.url.host), "nobody is sent elsewhere");
    return;
  }
  const delivery = { ...answer, body: nothing(), close: () => undefined } as unknown as Delivery;
  for (const range of [undefined, { start: 5, end: 15 }]) {
    const request = { path: "targets/x", lengthMax: 1_000, ...(range && { range }) };
    const length = judgeAnswer(delivery, url, request, clientLimits.exchange, clock);
    assert.ok(length === undefined || (length >= 0 && length <= 1_000));
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

const routeUrl: Reader = {
  seeds: ["https://user:secret@a.example/b", "file:///srv/tree/", "http://[::1]:8080/"].map(
    bytesOf,
  ),
  words: ["://", "@", "?", "#", "%2e%2e", "//", "file:", "\\", "secret"],
  read(bytes) {
    const route = parseRoute(textOf(bytes));
    assert.ok(route.base.pathname.endsWith("/"));
    assert.ok(!new URL(route.id).password, "no report shows a password");
  },
};

export const clientReaders = { journal, notes, frame, headers, routeUrl };
