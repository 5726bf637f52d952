import { join } from "node:path";
import { HostError, routeListPath, TrustError } from "@causeway/kernel";
import { namesIn, readDocumentUpTo, readFileUpTo } from "../disk/files.ts";
import { allBins, binnedRoles } from "../documents/bins.ts";
import { readDocument, type SignedDocument } from "../documents/document.ts";
import { snapshotVersionOf, versionsOf } from "../documents/online.ts";
import { type TopKeys, topKeysOf } from "../documents/root.ts";
import type { TargetEntry } from "../documents/target-entry.ts";
import { type DelegatedKeys, delegatedKeysOf, entriesOf } from "../documents/targets.ts";

/** What the repository says at this moment, as its timestamp document leads to it. */
export interface Published {
  /** All root documents, the first one first. */
  readonly roots: readonly SignedDocument[];
  readonly root: SignedDocument;
  readonly topKeys: TopKeys;
  readonly targets: SignedDocument;
  readonly delegatedKeys: DelegatedKeys;
  readonly timestamp: SignedDocument;
  readonly snapshot: SignedDocument;
  /** Version of every role that the snapshot names. */
  readonly versions: ReadonlyMap<string, number>;
  /** As `writtenVersions` has it. */
  readonly written: ReadonlyMap<string, number>;
  /** The binned roles, routes and the bins; a damaged one is left out, and made anew by publish. */
  readonly delegated: ReadonlyMap<string, SignedDocument>;
}

/** No document of ours comes near it: a bin of 400,000 patches is below 2 MB. */
export const documentBytesMax = 64 * 1024 * 1024;
const rootsMax = 10_000;
const leftoversMax = 10_000; // kills of publish in a row; a file far above was not left by one

/** All delegated roles, in the order in which they are signed and written. */
const delegatedRoles: readonly string[] = [
  ...binnedRoles.map(({ name }) => name),
  "routes",
  ...allBins,
];

/**
 * Reads the repository's documents.
 * @throws {HostError} `HOST_CORRUPT_STATE` when one that only people can restore is damaged
 */
export async function readPublished(repository: string): Promise<Published> {
  const metadata = join(repository, "metadata");
  const roots = await readRoots(metadata);
  const root = roots.at(-1);
  if (root === undefined) throw damaged(join(metadata, "1.root.json"));
  const timestamp = await required(metadata, "timestamp.json");
  const snapshotVersion = read("timestamp.json", () => snapshotVersionOf(timestamp));
  const snapshotName = `${snapshotVersion}.snapshot.json`;
  const snapshot = await required(metadata, snapshotName);
  const versions = read(snapshotName, () => versionsOf(snapshot));
  const targetsName = `${versions.get("targets") ?? 1}.targets.json`;
  const targets = await required(metadata, targetsName);
  return {
    roots,
    root,
    topKeys: read(`${root.version}.root.json`, () => topKeysOf(root)),
    targets,
    delegatedKeys: read(targetsName, () => delegatedKeysOf(targets)),
    timestamp,
    snapshot,
    versions,
    written: await writtenVersions(metadata, new Map([...versions, ["snapshot", snapshotVersion]])),
    delegated: await readDelegated(metadata, versions),
  };
}

/**
 * The highest version of each role but the root of which there is a file, if it is above the one
 * that is out. A publish that was killed leaves such files, and readers, or caches on the way to
 * them, may have met them: what is signed next gets a higher version, so that no name of a
 * version ever stands for two documents.
 */
async function writtenVersions(
  metadata: string,
  out: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, number>> {
  const written = new Map<string, number>();
  for (const name of await namesIn(metadata)) {
    const [, digits = "", role = ""] = /^([1-9]\d{0,14})\.(.+)\.json$/.exec(name) ?? [];
    const [version, base] = [Number(digits), out.get(role)];
    if (base === undefined || version > base + leftoversMax) continue;
    if (version > (written.get(role) ?? base)) written.set(role, version);
  }
  return written;
}

/** Every file that the delegated roles vouch for. */
export function publishedEntries(
  delegated: ReadonlyMap<string, SignedDocument>,
): readonly TargetEntry[] {
  return [...delegated].flatMap(([role, document]) => entriesOf(document, role));
}

/** What the routes document says of the route list. */
export function routeListEntry(
  delegated: ReadonlyMap<string, SignedDocument>,
): TargetEntry | undefined {
  const routes = delegated.get("routes");
  if (routes === undefined) return undefined;
  return entriesOf(routes, "routes").find((entry) => entry.path === routeListPath);
}

async function readRoots(metadata: string): Promise<readonly SignedDocument[]> {
  const roots: SignedDocument[] = [];
  while (roots.length < rootsMax) {
    const name = `${roots.length + 1}.root.json`;
    const bytes = await readFileUpTo(join(metadata, name), documentBytesMax);
    if (bytes === undefined) break;
    roots.push(read(join(metadata, name), () => readDocument(bytes, name)));
  }
  return roots;
}

async function readDelegated(
  metadata: string,
  versions: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, SignedDocument>> {
  const documents = new Map<string, SignedDocument>();
  for (const role of delegatedRoles) {
    const version = versions.get(role);
    if (version === undefined) continue;
    const name = `${version}.${role}.json`;
    const bytes = await readDocumentUpTo(join(metadata, name), documentBytesMax);
    if (bytes === undefined) continue;
    try {
      const document = readDocument(bytes, name);
      if (document.version === version) documents.set(role, document);
    } catch (error) {
      if (!(error instanceof TrustError)) throw error; // damaged: publish makes it anew
    }
  }
  return documents;
}

async function required(metadata: string, name: string): Promise<SignedDocument> {
  const path = join(metadata, name);
  const bytes = await readFileUpTo(path, documentBytesMax);
  if (bytes === undefined) throw damaged(path);
  return read(path, () => readDocument(bytes, name));
}

function read<Value>(path: string, act: () => Value): Value {
  try {
    return act();
  } catch (cause) {
    if (cause instanceof TrustError) throw damaged(path, cause);
    throw cause;
  }
}

function damaged(path: string, cause?: unknown): HostError {
  const message = `${path} is missing or damaged; restore it from a carrier or a copy.`;
  return new HostError("HOST_CORRUPT_STATE", message, { cause });
}
