import assert from "node:assert/strict";
import {
  canonicalJson,
  compareVersions,
  decodeCatalogue,
  decodeChunkIndex,
  decodeDeltaSegments,
  decodeDeltas,
  decodeRelease,
  decodeRouteList,
  deltaTailLength,
  encodeCatalogue,
  encodeChunkIndex,
  encodeDeltas,
  encodeDeltaTable,
  encodeRelease,
  encodeRouteList,
  isPlatform,
  isTargetPath,
  type Json,
  type JsonInput,
  type ProductId,
  parseJson,
  type Sha256,
  type TargetPath,
  toVersion,
} from "@causeway/kernel";
import { bytesOf, type Reader, textOf } from "./reader.ts";

const product = "node" as ProductId;
const path = "patches/node/24.21.0/linux-x64/node" as TargetPath;
const sha256 = "5a".repeat(32) as Sha256;
const artifact = { length: 70, sha256 };
const release = {
  severity: "high",
  advisories: ["CVE-2026-0001"],
  install: "file",
  minimumVersion: "22.1.0",
  releasedAt: "2026-01-01T00:00:00Z",
  index: artifact,
  pack: artifact,
  deltas: artifact,
};
const line = {
  version: "24.21.0-rc.1",
  platform: "linux-x64",
  severity: "low",
  file: "node",
  length: 9,
};
const route = { id: "eu-1", url: "https://a.example/b/", kind: "mirror", priority: 1, weight: 5 };

const documents: readonly JsonInput[] = [
  { causeway: release },
  {
    _type: "causeway-catalogue",
    product,
    releases: [{ ...line, releasedAt: release.releasedAt }],
  },
  {
    _type: "causeway-deltas",
    deltas: [{ ...artifact, from: { version: "24.20.0", ...artifact }, index: artifact }],
  },
  {
    _type: "causeway-routes",
    version: 3,
    pollSeconds: 600,
    routes: [
      { ...route, region: "eu-west", state: "active" },
      { ...route, id: "x", state: "retired" },
    ],
  },
];

/** Whatever is read of a document is written, and read again, as the same. */
function readDocument(value: Json, kind: Json | undefined): JsonInput | undefined {
  switch (kind) {
    case "causeway-catalogue":
      return encodeCatalogue(decodeCatalogue(value, product));
    case "causeway-deltas":
      return encodeDeltas(decodeDeltas(value, path));
    case "causeway-routes":
      return encodeRouteList(decodeRouteList(value));
    default: {
      const record = decodeRelease(value, path);
      return record && encodeRelease(record);
    }
  }
}

function reread(bytes: Uint8Array): Uint8Array | undefined {
  const value = parseJson(bytes, "document");
  const kind = value instanceof Map ? (value as ReadonlyMap<string, Json>).get("_type") : undefined;
  const written = readDocument(value, kind);
  return written === undefined ? undefined : canonicalJson(written);
}

const json: Reader = {
  seeds: [bytesOf('{"a":[1,-2,true,false,null,"\\u00e9\\n"],"b":{"":"x"}}'), bytesOf(" [ ] ")],
  words: ["{", "[", "]", "}", ",", ":", '"', "\\u", "\\", "1e9", "-0", "9007199254740993", "tru"],
  read(bytes) {
    const once = canonicalJson(parseJson(bytes, "document"));
    JSON.parse(textOf(bytes)); // what we read, everybody reads
    assert.ok(Buffer.from(canonicalJson(parseCanonical(once))).equals(once));
  },
};

/** Canonical JSON does not escape control characters, so it is not always JSON. */
function parseCanonical(bytes: Uint8Array): Json {
  const text = textOf(bytes).replace(/\p{Cc}/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return parseJson(bytesOf(text), "canonical document");
}

const documentsReader: Reader = {
  seeds: documents.map((each) => canonicalJson(each)),
  words: ["causeway-routes", "causeway-deltas", "causeway-catalogue", "drained", "any", "https://"],
  read(bytes) {
    const once = reread(bytes);
    const twice = once && reread(Buffer.from(canonicalJson(parseCanonical(once))));
    assert.ok(once === undefined || (twice !== undefined && Buffer.from(once).equals(twice)));
  },
};

const chunkIndex: Reader = {
  seeds: [0, 3].flatMap((packLength) => {
    return [0, 1, 5].map((count) => indexOf(count, packLength));
  }),
  words: ["CWINDEX1"],
  read(bytes) {
    const index = decodeChunkIndex(bytes, "index");
    const written = encodeChunkIndex(index);
    const again = encodeChunkIndex(decodeChunkIndex(written, "index"));
    assert.ok(Buffer.from(again).equals(written), "it is written as it was read");
    let end = 0;
    for (const chunk of index.chunks) {
      assert.equal(chunk.offset, end, "chunks neither overlap nor leave gaps");
      end += chunk.length;
    }
    assert.equal(end, index.target.length);
  },
};

function indexOf(count: number, packLength: number): Uint8Array {
  const chunks = Array.from({ length: count }, (_, at) => {
    return { sha256, offset: at * 20, length: 20, packOffset: at * packLength, packLength };
  });
  const pack = packLength * count === 0 ? undefined : { length: packLength * count, sha256 };
  return encodeChunkIndex({ target: { length: 20 * count, sha256 }, pack, chunks });
}

/** Of an input, 24 bytes say what the signed metadata says: lengths of delta, old and new file. */
const deltaTable: Reader = {
  seeds: [1, 3].map((count) => {
    const table = encodeDeltaTable(
      Array.from({ length: count }, (_, at) => {
        const place = { newOffset: 30 * at, oldOffset: 5 * at, frameOffset: 9 * at };
        return { ...place, newLength: 30, oldLength: 40, frameLength: 9 };
      }),
    );
    const lengths = new BigUint64Array([BigInt(9 * count + table.length), 50n, BigInt(30 * count)]);
    return Buffer.concat([new Uint8Array(lengths.buffer), Buffer.alloc(9 * count), table]);
  }),
  words: ["CWDELTA1", "\x5d\x2a\x4d\x18"],
  read(bytes) {
    if (bytes.length < 24) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset, 24);
    const length = (at: number): number => Number(view.getBigUint64(at, true) % 2n ** 53n);
    const lengths = { delta: length(0), old: length(8), new: length(16) };
    const tail = new Uint8Array(Math.min(lengths.delta, deltaTailLength));
    const end = bytes.subarray(24).subarray(-tail.length || bytes.length);
    if (tail.length > 0) tail.set(end, tail.length - end.length);
    let made = 0;
    for (const segment of decodeDeltaSegments(tail, lengths, "delta")) {
      assert.equal(segment.newOffset, made);
      assert.ok(segment.oldOffset + segment.oldLength <= lengths.old);
      assert.ok(segment.frameOffset + segment.frameLength <= lengths.delta);
      made += segment.newLength;
    }
    assert.equal(made, lengths.new);
  },
};

const names: Reader = {
  seeds: ["1.2.3-rc.1.x", "10.0.19041.388", "patches/a/1/linux-x64/a", "linux-x64"].map(bytesOf),
  words: ["..", "/", "-", ".", "0", "~", "999999999999999"],
  read(bytes) {
    const text = textOf(bytes);
    if (isTargetPath(text)) {
      const inside = new URL(text, "http://a.example/targets/").pathname;
      assert.equal(inside, `/targets/${text}`, "no path climbs");
    }
    if (isPlatform(text)) return;
    const [version, fixed] = [toVersion(text), toVersion("2.0")];
    assert.equal(compareVersions(version, version), 0);
    const [there, back] = [compareVersions(version, fixed), compareVersions(fixed, version)];
    assert.ok(there === -back && !Number.isNaN(there), "one order, from both sides");
  },
};

export const kernelReaders = { json, documents: documentsReader, chunkIndex, deltaTable, names };
