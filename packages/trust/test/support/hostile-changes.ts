import type { JsonInput } from "@causeway/kernel";
import { makeKey, renamed, type TestKey } from "./test-key.ts";
import { day, now, type TestRepository, utc } from "./test-repository.ts";

/** What a change may draw on: numbers from outside, in a fixed order. */
export type Draw = (below: number) => number;

/** Something that happens to a repository, honest or not. */
export type RepositoryChange = (repository: TestRepository, draw: Draw) => void;

const topLevel = ["root", "timestamp", "snapshot", "targets"];
const paths = ["a", "b.txt", "dir/a", "dir/b.txt", "dir/sub/c"];
const patterns = [
  "*",
  "*.txt",
  "dir/*",
  "dir/?",
  "dir/*/*",
  "[ab]",
  "[!a]",
  "dir/[a-b]*",
  "a",
  "*/a",
];
const junk: readonly JsonInput[] = [
  null,
  true,
  0,
  -1,
  1,
  2,
  1_000_000,
  "",
  "2.0.0",
  "1",
  "00",
  "2029-01-01T00:00:00Z",
  "2031-01-01T00:00:00Z",
  [],
  {},
  ["x"],
  { x: 1 },
];

/** Paths that lookups of a comparison ask for. */
export const lookupPaths: readonly string[] = [...paths, "missing"];

function pick<Value>(items: readonly Value[], draw: Draw): Value {
  const item = items[draw(items.length)];
  if (item === undefined) throw new Error("there is nothing to pick from");
  return item;
}

function anyDocument(repository: TestRepository, draw: Draw): { version: number; expires: string } {
  const { root, timestamp, snapshot, roles } = repository;
  return pick([root, timestamp, snapshot, ...roles.values()], draw);
}

function anyRole(repository: TestRepository, draw: Draw): string {
  return pick([...topLevel, ...repository.roles.keys()], draw);
}

/** Adds a key, and asks for a signature of every key. */
function needAll(repository: TestRepository, role: string, key: TestKey): void {
  repository.addKey(role, key);
  const { keyids } = repository.root.roles[role] ?? { keyids: [] };
  repository.root.roles[role] = { keyids, threshold: keyids.length };
}

/** Puts junk somewhere into a document, or takes something out. */
function spoil(value: object, draw: Draw, depth = 0): void {
  const names = Object.keys(value);
  if (names.length === 0) return;
  const name = pick(names, draw);
  const members = value as Record<string, unknown>;
  const member = members[name];
  if (typeof member === "object" && member !== null && depth < 5 && draw(4) > 0) {
    spoil(member, draw, depth + 1);
  } else if (draw(4) === 0) {
    delete members[name];
  } else {
    members[name] = structuredClone(pick(junk, draw));
  }
}

/** What happens to documents before they are signed. */
export const documentChanges: Readonly<Record<string, RepositoryChange>> = {
  addTarget: (repository, draw) => {
    const role = pick([...repository.roles.keys()], draw);
    repository.addTarget(pick(paths, draw), `content ${draw(100)}`, role);
  },
  delegate: (repository, draw) => {
    const delegator = pick([...repository.roles.keys()], draw);
    if (repository.role(delegator).delegations?.succinct_roles !== undefined) return;
    repository.delegate(delegator, pick(["r1", "r2", "r3"], draw), {
      terminating: draw(3) === 0,
      ...(draw(4) === 0
        ? { path_hash_prefixes: [pick(["0", "8", "c", ""], draw)] }
        : { paths: [pick(patterns, draw), pick(patterns, draw)] }),
    });
  },
  delegateToBins: (repository, draw) => {
    const bits = 1 + draw(3);
    repository.delegateToBins("targets", bits, "bin");
  },
  rotate: (repository, draw) => repository.rotateKeys(pick(topLevel, draw)),
  addKey: (repository, draw) => {
    const kind = pick(["ed25519", "ecdsa"] as const, draw);
    repository.addKey(pick(topLevel, draw), makeKey(kind));
  },
  addConfusedKey: (repository, draw) => {
    const keytype = pick(["rsa", "ecdsa", "ed25519", "ecdsa-sha2-nistp256", "dsa"], draw);
    const scheme = pick(["rsassa-pss-sha256", "ecdsa-sha2-nistp256", "ed25519", "x"], draw);
    const key = makeKey(pick(["ed25519", "ecdsa"] as const, draw));
    needAll(repository, pick(topLevel, draw), renamed(key, { keytype, scheme }));
  },
  addTwinKey: (repository, draw) => {
    const role = pick(topLevel, draw);
    const [key] = repository.signers.get(role) ?? [];
    if (key !== undefined) needAll(repository, role, renamed(key, { extra: `${draw(100)}` }));
  },
  changeThreshold: (repository, draw) => {
    Object.assign(repository.root.roles[pick(topLevel, draw)] ?? {}, { threshold: draw(3) });
  },
  loseSigner: (repository, draw) => {
    repository.signers.get(anyRole(repository, draw))?.pop();
  },
  expire: (repository, draw) => {
    anyDocument(repository, draw).expires = utc(now + (draw(3) - 1) * day);
  },
  renew: (repository, draw) => {
    anyDocument(repository, draw).expires = utc(now + 30 * day);
  },
  changeVersion: (repository, draw) => {
    anyDocument(repository, draw).version += draw(4) - 2;
  },
  listHashes: (repository, draw) => {
    repository.listsHashes = draw(2) === 0;
  },
  toggleConsistent: (repository, draw) => {
    repository.root.consistent_snapshot = draw(2) === 0;
  },
  repeatSignature: (repository, draw) => {
    const role = pick(topLevel, draw);
    const keys = repository.signers.get(role) ?? [];
    repository.signers.set(role, [...keys, ...keys]);
  },
  spoilDocument: (repository, draw) => {
    spoil(anyDocument(repository, draw), draw);
    repository.root.consistent_snapshot ??= true; // tuf-js faults: it does not know it optional
  },
};

/** What happens to signed files on their way. */
export const fileChanges: Readonly<Record<string, RepositoryChange>> = {
  forgetPublished: (repository, draw) => {
    repository.published.get(anyRole(repository, draw))?.pop();
  },
  swapFiles: (repository, draw) => {
    const bytes = repository.published.get(anyRole(repository, draw))?.at(-1);
    const into = repository.published.get(anyRole(repository, draw));
    if (bytes !== undefined && into !== undefined) into[into.length - 1] = bytes;
  },
  flipByte: (repository, draw) => {
    const files = repository.published.get(anyRole(repository, draw));
    const bytes = Buffer.from(files?.at(-1) ?? "");
    if (files === undefined || bytes.length === 0) return;
    const at = draw(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << draw(7));
    files[files.length - 1] = bytes;
  },
};
