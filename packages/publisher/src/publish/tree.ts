import { hashedTargetPath, type Sha256 } from "@causeway/kernel";
import { sha256Of } from "../disk/digest.ts";
import { isSignedBy, type SignedDocument } from "../documents/document.ts";
import { topKeysOf } from "../documents/root.ts";
import type { TargetEntry } from "../documents/target-entry.ts";

/** A file of the tree that every route carries. */
export interface TreeFile {
  /** Below the tree, with `/` between parts. */
  readonly path: string;
  readonly length: number;
  readonly sha256: Sha256;
}

/** A metadata file; they are small enough to be at hand. */
export interface MetadataFile extends TreeFile {
  readonly bytes: Uint8Array;
}

/** A whole repository state, in the order in which a route must get it. */
export interface Tree {
  readonly targets: readonly TreeFile[];
  /** All but root and timestamp; nobody reads them before the timestamp names them. */
  readonly metadata: readonly MetadataFile[];
  readonly roots: readonly MetadataFile[];
  readonly timestamp: MetadataFile;
  /** Readers who do not have the newest root yet can verify the state as well. */
  readonly isBridged: boolean;
}

/**
 * Brings the files that make a state the one that is out, in the order in which a route must get
 * them: in between, readers have the old state or the new one. The timestamp is the last that is
 * written. When readers of the old root accept the new timestamp, it also comes before the new
 * root, so that no reader meets that root beside a timestamp of retired keys.
 * @param bring writes the file, if it is not there already or `always`; tells if it did
 */
export async function bringLast(
  { roots, timestamp, isBridged }: Pick<Tree, "roots" | "timestamp" | "isBridged">,
  bring: (file: MetadataFile, always?: boolean) => Promise<boolean>,
): Promise<void> {
  const newest = roots.at(-1);
  for (const root of roots.slice(0, -1)) await bring(root);
  if (isBridged) await bring(timestamp);
  const isNew = newest !== undefined && (await bring(newest));
  await bring(timestamp, isBridged && isNew);
}

/** The documents that make a repository state. */
export interface Documents {
  readonly roots: readonly SignedDocument[];
  readonly targets: SignedDocument;
  readonly delegated: ReadonlyMap<string, SignedDocument>;
  readonly snapshot: SignedDocument;
  readonly timestamp: SignedDocument;
}

function metadataFile(name: string, bytes: Uint8Array): MetadataFile {
  return { path: `metadata/${name}`, length: bytes.length, sha256: sha256Of(bytes), bytes };
}

function versioned(role: string, document: SignedDocument): MetadataFile {
  return metadataFile(`${document.version}.${role}.json`, document.bytes);
}

export function treeOf(documents: Documents, entries: readonly TargetEntry[]): Tree {
  const { roots, targets, delegated, snapshot, timestamp } = documents;
  return {
    targets: entries.map(({ path, length, sha256 }) => {
      return { path: `targets/${hashedTargetPath(path, sha256)}`, length, sha256 };
    }),
    metadata: [
      versioned("targets", targets),
      ...[...delegated].map(([role, document]) => versioned(role, document)),
      versioned("snapshot", snapshot),
    ],
    roots: roots.map((root) => versioned("root", root)),
    timestamp: metadataFile("timestamp.json", timestamp.bytes),
    isBridged: suitsLastRoot(documents),
  };
}

function suitsLastRoot({ roots, targets, snapshot, timestamp }: Documents): boolean {
  const last = roots.at(-2);
  if (last === undefined) return false;
  const keys = topKeysOf(last);
  return Object.entries({ targets, snapshot, timestamp } as const).every(([role, document]) => {
    return isSignedBy(document, keys[role as "targets" | "snapshot" | "timestamp"]);
  });
}
