import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type {
  Platform,
  ProductId,
  ReleaseRecord,
  Sha256,
  TargetPath,
  Version,
} from "@causeway/kernel";
import { Lookup, Refresh, TrustedSet, type Want } from "@causeway/trust";
import {
  Metadata,
  MetaFile,
  Signature,
  Snapshot,
  TargetFile,
  Targets,
  Timestamp,
} from "@tufjs/models";
import {
  type Encode,
  type SignedDocument,
  signDocument,
} from "../packages/publisher/src/documents/document.ts";
import { encodeRoot, type TopKeys } from "../packages/publisher/src/documents/root.ts";
import {
  binName,
  encodeTargets,
  intoBins,
  type TargetEntry,
} from "../packages/publisher/src/documents/targets.ts";
import { Keyring } from "../packages/publisher/src/keys/keyring.ts";
import { keySigner } from "../packages/publisher/src/keys/signer.ts";
import type { RoleKeys } from "../packages/publisher/src/keys/tuf-key.ts";
import {
  type Before,
  nothingBefore,
  routeListFile,
  signDelegated,
  signOnline,
} from "../packages/publisher/src/publish/sign.ts";
import { type Documents, treeOf } from "../packages/publisher/src/publish/tree.ts";
import { releaseEntries } from "../packages/publisher/src/releases/release-file.ts";
import { VendorFolder } from "../packages/publisher/src/vendor-folder.ts";

export const title = "signing 100,000 targets, and a client's first check of them";

const targetCount = 100_000;
const someCount = 35_000; // 5,000 patches, about the most whose first check stays below 70 KB
const peerSecondsMax = 60; // the peer is stopped between two bins after that
const checkRounds = 21;
const expiryMs = {
  root: 1e10,
  targets: 1e10,
  patches: 1e10,
  routes: 1e10,
  snapshot: 1e9,
  timestamp: 1e8,
};

export async function run(): Promise<string> {
  const lean = leanEntries();
  const dir = await mkdtemp(join(tmpdir(), "causeway-bench-"));
  try {
    const ours = await signAll(dir, lean, nothingBefore);
    const again = await signAll(dir, [...lean, ...patchEntries(1)], ours.before, ours);
    const real = await signAll(dir, patchEntries(Math.ceil(targetCount / 7)), nothingBefore);
    const some = await signAll(dir, patchEntries(Math.ceil(someCount / 7)), nothingBefore);
    const peer = peerSigning(lean);
    const leanCheck = await firstCheck(join(dir, "lean"), ours, lean);
    const someCheck = await firstCheck(join(dir, "some"), some, some.entries);
    const realCheck = await firstCheck(join(dir, "real"), real, real.entries);
    return [
      "From entries in memory to the bytes of all documents (256 bins, snapshot, timestamp),",
      "one process, Ed25519.",
      "",
      "| signing | entries | seconds |",
      "|---|---|---|",
      `| Causeway, everything new | ${lean.length} | ${shown(ours.seconds)} |`,
      `| Causeway, one more patch | ${lean.length} | ${shown(again.seconds)} |`,
      `| Causeway, patches with records, packs and two deltas each | ${real.entries.length} | ${shown(real.seconds)} |`,
      `| @tufjs/models 5.0.2, everything new${peer.note} | ${peer.entries} | ${shown(peer.seconds)} |`,
      "",
      `First check: root, timestamp, snapshot, targets, patches and one bin, from files, by our`,
      `trust core, with nothing known but the pinned root. Median of ${checkRounds}; a bin of median length.`,
      "",
      "| first check | bytes | of it the bin | seconds |",
      "|---|---|---|---|",
      `| ${lean.length} entries of plain files | ${leanCheck.bytes} | ${leanCheck.bin} | ${shown(leanCheck.seconds)} |`,
      `| ${some.entries.length} entries, one in seven with a record | ${someCheck.bytes} | ${someCheck.bin} | ${shown(someCheck.seconds)} |`,
      `| ${real.entries.length} entries, one in seven with a record | ${realCheck.bytes} | ${realCheck.bin} | ${shown(realCheck.seconds)} |`,
    ].join("\n");
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function shown(seconds: number): string {
  return seconds < 0.1 ? seconds.toFixed(4) : seconds.toFixed(2);
}

function digest(text: string): Sha256 {
  return createHash("sha256").update(text).digest("hex") as Sha256;
}

function leanEntries(): readonly TargetEntry[] {
  return Array.from({ length: targetCount }, (_, at) => ({
    path: `patches/reader/1.${at}/any/reader.bin` as TargetPath,
    length: 1_000_000 + at,
    sha256: digest(`file ${at}`),
  }));
}

/** What `add` makes of a patch: itself with its record, index, pack, two deltas with indexes. */
function patchEntries(count: number): readonly TargetEntry[] {
  return Array.from({ length: count }, (_, at) => {
    const path = `patches/contoso-reader/2.${at}.0/linux-x64/reader.bin`;
    const artifact = (suffix: string, length: number) => ({
      path: `${path}${suffix}` as TargetPath,
      length,
      sha256: digest(`${path}${suffix}`),
    });
    const delta = (from: string) => ({
      ...artifact(`.from-${from}.delta.zst`, 400_000),
      from: { version: from as Version, length: 12_000_000, sha256: digest(`${at} ${from}`) },
      index: artifact(`.from-${from}.delta.zst.chunks`, 400),
    });
    const record: ReleaseRecord = {
      product: "contoso-reader" as ProductId,
      version: `2.${at}.0` as Version,
      platform: "linux-x64" as Platform,
      severity: "critical",
      advisories: ["CSW-2026-0007"],
      install: "file",
      releasedAt: "2026-08-12T09:00:00Z",
      index: artifact(".chunks", 8000),
      pack: artifact(".pack.zst", 4_000_000),
      deltas: [delta(`2.${at}.1`), delta(`2.${at}.2`)],
    };
    return releaseEntries({ target: artifact("", 12_345_678), record });
  }).flat();
}

interface SignedState {
  readonly seconds: number;
  readonly entries: readonly TargetEntry[];
  readonly before: Before;
  readonly documents: Documents;
  readonly keys: ReadonlyMap<string, KeyObject>;
}

async function signAll(
  dir: string,
  entries: readonly TargetEntry[],
  before: Before,
  keysOf?: SignedState,
): Promise<SignedState> {
  const roles = ["root", "targets", "patches", "routes", "snapshot", "timestamp"];
  const fresh = (): KeyObject => generateKeyPairSync("ed25519").privateKey;
  const keys = keysOf?.keys ?? new Map(roles.map((role) => [role, fresh()]));
  const signers = new Map([...keys].map(([role, key]) => [role, keySigner(key)]));
  const role = (name: string): RoleKeys => {
    const signer = signers.get(name);
    if (signer === undefined) throw new Error(`no key of ${name}`);
    return { keys: new Map([[signer.keyId, signer.publicKey]]), threshold: 1 };
  };
  const topKeys: TopKeys = {
    root: role("root"),
    targets: role("targets"),
    snapshot: role("snapshot"),
    timestamp: role("timestamp"),
  };
  const delegatedKeys = { patches: role("patches"), routes: role("routes") };
  const keyring = await Keyring.open(new VendorFolder(dir), {
    passphrase: () => Promise.resolve(""),
    log: () => undefined,
    signers: [...signers.values()],
  });
  const now = Date.parse("2026-08-12T09:00:00Z");
  const seal = (name: string, encode: Encode): Promise<SignedDocument> => {
    const signer = signers.get(name);
    return signDocument(encode, 1, now + 1e10, signer === undefined ? [] : [signer]);
  };
  const root = await seal("root", (...when) => encodeRoot(...when, topKeys));
  const targets = await seal("targets", (...when) => encodeTargets(...when, delegatedKeys));
  const list = routeListFile([], undefined, 0).entry;
  const context = { expiryMs, keyring, now, onProgress: () => undefined };
  const start = performance.now();
  const delegated = await signDelegated(before, delegatedKeys, entries, list, context);
  const online = await signOnline(before, topKeys, targets, delegated, context);
  const seconds = (performance.now() - start) / 1000;
  const versions = new Map([...delegated].map(([name, { version }]) => [name, version]));
  const documents = { roots: [root], targets, delegated, ...online };
  return { seconds, entries, before: { versions, delegated, ...online }, documents, keys };
}

/** The same documents through @tufjs/models; expires and versions as ours. */
function peerSigning(entries: readonly TargetEntry[]): {
  readonly seconds: number;
  readonly entries: number;
  readonly note: string;
} {
  const { privateKey } = generateKeyPairSync("ed25519");
  const keyID = "0".repeat(64);
  const signer = (bytes: Buffer): Signature => {
    return new Signature({ keyID, sig: sign(null, bytes, privateKey).toString("hex") });
  };
  const common = { version: 1, specVersion: "1.0.34", expires: "2027-08-12T09:00:00Z" };
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  const meta: Record<string, MetaFile> = {};
  let done = 0;
  for (const [index, bin] of intoBins(entries).entries()) {
    const targets = new Targets(common);
    for (const { path, length, sha256 } of bin) {
      targets.addTarget(new TargetFile({ path, length, hashes: { sha256 } }));
    }
    bytesOf(new Metadata(targets), signer);
    meta[`${binName(index)}.json`] = new MetaFile({ version: 1 });
    done += bin.length;
    if (seconds() > peerSecondsMax) break;
  }
  const snapshot = bytesOf(new Metadata(new Snapshot({ ...common, meta })), signer);
  const hashes = { sha256: createHash("sha256").update(snapshot).digest("hex") };
  const snapshotMeta = new MetaFile({ version: 1, length: snapshot.length, hashes });
  bytesOf(new Metadata(new Timestamp({ ...common, snapshotMeta })), signer);
  const note = done < entries.length ? `, stopped after ${peerSecondsMax} s` : "";
  return { seconds: seconds(), entries: done, note };
}

function bytesOf(
  metadata: Metadata<Targets> | Metadata<Snapshot> | Metadata<Timestamp>,
  signer: (bytes: Buffer) => Signature,
): Buffer {
  metadata.sign(signer);
  return Buffer.from(JSON.stringify(metadata.toJSON()));
}

/** A refresh and one lookup by a client that knows nothing but the pinned root. */
async function firstCheck(
  tree: string,
  state: SignedState,
  entries: readonly TargetEntry[],
): Promise<{ readonly bytes: number; readonly bin: number; readonly seconds: number }> {
  const { metadata, roots, timestamp } = treeOf(state.documents, []);
  for (const file of [...metadata, ...roots, timestamp]) {
    const path = join(tree, file.path);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, file.bytes);
  }
  const now = Date.parse("2026-08-12T10:00:00Z");
  const lengths = intoBins(entries).map((bin, index) => ({
    path: bin[0]?.path,
    length: state.documents.delegated.get(binName(index))?.bytes.length ?? 0,
  }));
  const middle = lengths.toSorted((a, b) => a.length - b.length)[128];
  const pinned = await readFile(join(tree, "metadata", "1.root.json"));
  const times: number[] = [];
  let bytes = 0;
  for (let round = 0; round < checkRounds; round++) {
    const start = performance.now();
    bytes = pinned.length + (await check(tree, pinned, middle?.path ?? "", now));
    times.push((performance.now() - start) / 1000);
  }
  const seconds = times.toSorted((a, b) => a - b)[(checkRounds - 1) / 2] ?? 0;
  return { bytes, bin: middle?.length ?? 0, seconds };
}

async function check(tree: string, pinned: Buffer, path: string, now: number): Promise<number> {
  let bytes = 0;
  const read = async (want: Want): Promise<Buffer | undefined> => {
    const found = await readFile(join(tree, "metadata", want.path)).catch(() => undefined);
    bytes += found?.length ?? 0;
    return found;
  };
  const refresh = new Refresh(TrustedSet.open(pinned, new Map(), now), now);
  for (let want = refresh.want; want !== undefined; want = refresh.want) {
    const found = await read(want);
    if (found === undefined) refresh.absent();
    else refresh.offer(found);
  }
  const lookup = new Lookup(refresh.set, path, now);
  for (let want = lookup.want; want !== undefined; want = lookup.want) {
    lookup.offer((await read(want)) ?? Buffer.alloc(0));
  }
  if (lookup.found === undefined) throw new Error(`${path} was not found`);
  return bytes;
}
