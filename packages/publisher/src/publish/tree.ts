import { hashedTargetPath, type Sha256 } from "@causeway/kernel";
import { sha256Of } from "../disk/digest.ts";
import type { SignedDocument } from "../documents/document.ts";
import type { TargetEntry } from "../documents/targets.ts";

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
  /** Clients look for the next one at every check, so they come next to last. */
  readonly roots: readonly MetadataFile[];
  readonly timestamp: MetadataFile;
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
  };
}
