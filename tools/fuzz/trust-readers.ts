import assert from "node:assert/strict";
import { canonicalJson, type JsonInput, parseJson, TrustError } from "@causeway/kernel";
import { compilePattern, Lookup, TrustedSet } from "@causeway/trust";
import { makeKey } from "../../packages/trust/test/support/test-key.ts";
import { bytesOf, type Reader, textOf } from "./reader.ts";

const now = Date.UTC(2030, 0, 1);
const key = makeKey("ed25519", 1);
const other = makeKey("ed25519", 2);
const own = { keyids: [key.keyid], threshold: 1 };
const sha256 = "5a".repeat(32);
const keys = { [key.keyid]: key.document, [other.keyid]: other.document };
const words = [
  "signatures",
  "keyid",
  "sig",
  "delegations",
  "succinct_roles",
  "path_hash_prefixes",
  "x-causeway-signed-at",
  key.keyid,
  "-----BEGIN PUBLIC KEY-----\\n",
  "ecdsa-sha2-nistp256",
  "rsassa-pss-sha256",
];

function header(type: string, version = 1): { [name: string]: JsonInput } {
  const expires = "2030-02-01T00:00:00Z";
  return { _type: type, spec_version: "1.0.34", version, expires };
}

const rootDocument = {
  ...header("root"),
  consistent_snapshot: true,
  keys,
  roles: { root: own, timestamp: own, snapshot: own, targets: own },
};
const timestampDocument = {
  ...header("timestamp"),
  "x-causeway-signed-at": "2029-12-31T00:00:00Z",
  meta: { "snapshot.json": { version: 1 } },
};
const snapshotDocument = {
  ...header("snapshot"),
  meta: { "targets.json": { version: 1 }, "a.json": { version: 2, length: 9, hashes: { sha256 } } },
};
const entry = { length: 3, hashes: { sha256 }, custom: { x: [1] } };
const byRoles = {
  keys,
  roles: [
    { name: "a", ...own, terminating: false, paths: ["dir/*", "[!a-c]?"] },
    { name: "b", ...own, terminating: true, path_hash_prefixes: ["0", "e"] },
  ],
};
const targetsDocuments = [
  { ...header("targets"), targets: { "dir/a": entry } },
  { ...header("targets"), targets: {}, delegations: byRoles },
  {
    ...header("targets"),
    targets: {},
    delegations: { keys, succinct_roles: { ...own, bit_length: 4, name_prefix: "bin" } },
  },
];

/**
 * The file of a document. Bytes that are JSON are signed whatever they say, so that what comes
 * after the signatures is reached; a whole envelope, and what is no JSON, stays as it is.
 */
function sealed(bytes: Uint8Array): Uint8Array {
  let message: Uint8Array;
  try {
    const value = parseJson(bytes, "input");
    if (value instanceof Map && value.has("signatures")) return bytes;
    message = canonicalJson(value);
  } catch (error) {
    if (error instanceof TrustError) return bytes;
    throw error;
  }
  const signatures = JSON.stringify([{ keyid: key.keyid, sig: key.sign(message) }]);
  return Buffer.concat([bytesOf(`{"signatures":${signatures},"signed":`), bytes, bytesOf("}")]);
}

function seedsOf(...documents: readonly JsonInput[]): readonly Uint8Array[] {
  const plain = documents.map((each) => canonicalJson(each));
  return [...plain, ...plain.map(sealed)];
}

const pinned = sealed(canonicalJson(rootDocument));
const start = TrustedSet.open(pinned, new Map(), now);
const timed = start.acceptTimestamp(sealed(canonicalJson(timestampDocument)), now);
const snapped = timed.acceptSnapshot(sealed(canonicalJson(snapshotDocument)), now);

/** Damage in a state folder never keeps it from being opened. */
function openState(name: string, bytes: Uint8Array): void {
  TrustedSet.open(pinned, new Map([[name, bytes]]), now).versions();
}

const root: Reader = {
  seeds: seedsOf(rootDocument, { ...rootDocument, version: 2 }),
  words,
  read(input) {
    const bytes = sealed(input);
    openState("2.root.json", bytes);
    assert.ok(TrustedSet.open(bytes, new Map(), now).root.version > 0);
    assert.equal(start.acceptRoot(bytes).root.version, 2);
  },
};

const timestamp: Reader = {
  seeds: seedsOf(timestampDocument),
  words,
  read(input) {
    const bytes = sealed(input);
    openState("timestamp.json", bytes);
    const { timestamp: read } = start.acceptTimestamp(bytes, now);
    assert.ok(read !== undefined && read.expires > now);
  },
};

const snapshot: Reader = {
  seeds: seedsOf(snapshotDocument),
  words,
  read(input) {
    const bytes = sealed(input);
    openState("snapshot.json", bytes);
    assert.equal(timed.acceptSnapshot(bytes, now).snapshot?.roles.has("targets"), true);
  },
};

const targets: Reader = {
  seeds: seedsOf(...targetsDocuments),
  words,
  read(input) {
    const { targets: authority } = snapped.root.authorities;
    const set = snapped.acceptRole("targets", authority, sealed(input), now);
    for (const path of ["dir/a", "x", "a.b/../c", "constructor"]) {
      const lookup = new Lookup(set, path, now);
      assert.ok((lookup.want?.lengthMax ?? 1) > 0);
      for (const location of lookup.found?.locations ?? []) {
        const url = new URL(location, "http://a.example/targets/");
        assert.equal(url.pathname, `/targets/${location}`, "no target lies outside");
      }
    }
  },
};

/** The pattern, a line break, the path. */
const pattern: Reader = {
  seeds: ["dir/*.t?t\ndir/a.txt", "[!a-c]x\\*/.b\ndx*/.b", "*a*a*b\naaaaaaaaaab"].map(bytesOf),
  words: ["[!", "]", "[[:", "\\", "*", "?", "-", "/", "."],
  read(bytes) {
    const [of = "", path = ""] = textOf(bytes).split("\n");
    const matched = compilePattern(of)(path);
    if (matched) assert.equal(of.split("/").length, path.split("/").length);
  },
};

export const trustReaders = { root, timestamp, snapshot, targets, pattern };
