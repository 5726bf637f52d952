import type { JsonInput } from "./canonical-json.ts";
import { Fields, malformed } from "./fields.ts";
import { invariant } from "./invariant.ts";
import type { Json } from "./json.ts";
import {
  isFileName,
  isPlatform,
  type Platform,
  type ProductId,
  type Sha256,
  type TargetPath,
} from "./names.ts";
import { deltaListPath, indexPath, packPath, patchPath, readPatchPath } from "./patch-path.ts";
import { isVersion, type Version } from "./version.ts";

export const severities = ["critical", "high", "medium", "low"] as const;
export type Severity = (typeof severities)[number];

/** A file that the record vouches for; it is a TUF target of its own too. */
export interface Artifact {
  readonly path: TargetPath;
  /** Bytes. */
  readonly length: number;
  readonly sha256: Sha256;
}

/**
 * What the signed metadata says of one patch: in its path, and in the `causeway` member of the
 * target's `custom`. Every first check reads some fifty of them, so nothing is said twice.
 */
export interface ReleaseRecord {
  readonly product: ProductId;
  readonly version: Version;
  readonly platform: Platform;
  readonly severity: Severity;
  readonly advisories: readonly string[];
  /** How the agent installs it: the name of a method. */
  readonly install: string;
  /** The oldest version that it can be installed over. */
  readonly minimumVersion?: Version;
  /** `YYYY-MM-DDTHH:MM:SSZ` */
  readonly releasedAt: string;
  readonly index: Artifact;
  /** Absent when packing does not pay. */
  readonly pack?: Artifact;
  /** The list of its deltas; absent when there are none. */
  readonly deltas?: Artifact;
}

const advisoriesMax = 256;

export function isSeverity(text: string): text is Severity {
  return severities.some((severity) => severity === text);
}

/** True for `YYYY-MM-DDTHH:MM:SSZ`, the one form of time that TUF metadata has. */
export function isUtcSecond(text: string): text is string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) && toUtcSecond(Date.parse(text)) === text;
}

/** @returns the instant as `YYYY-MM-DDTHH:MM:SSZ`, or "" when it is no instant of years 0 to 9999 */
export function toUtcSecond(instant: number): string {
  if (!(instant >= -62167219200000 && instant < 253402300800000)) return "";
  return `${new Date(instant).toISOString().slice(0, 19)}Z`;
}

/** @returns the value of `custom` for the patch's target; what its path says is left out */
export function encodeRelease(record: ReleaseRecord): JsonInput {
  const { product: _, version: __, platform: ___, index, pack, deltas, ...rest } = record;
  return {
    causeway: {
      ...rest,
      index: encodeArtifact(index),
      pack: pack && encodeArtifact(pack),
      deltas: deltas && encodeArtifact(deltas),
    },
  };
}

/**
 * Reads a target's `custom`.
 * @param path the target's
 * @returns undefined when the target is no patch (a pack, an advisory, …)
 * @throws {TrustError} `TRUST_MALFORMED`
 */
export function decodeRelease(
  custom: Json | undefined,
  path: TargetPath,
): ReleaseRecord | undefined {
  if (!(custom instanceof Map) || !custom.has("causeway")) return undefined;
  const { product, version, platform } = readPatchPath(path);
  const fields = new Fields(custom, path).object("causeway");
  return {
    product,
    version,
    platform,
    severity: fields.matching("severity", isSeverity),
    advisories: fields.strings("advisories", advisoriesMax),
    install: fields.string("install", 64),
    ...(fields.has("minimumVersion") && {
      minimumVersion: fields.matching("minimumVersion", isVersion),
    }),
    releasedAt: fields.matching("releasedAt", isUtcSecond),
    index: decodeArtifact(fields.object("index"), indexPath(path)),
    ...(fields.has("pack") && { pack: decodeArtifact(fields.object("pack"), packPath(path)) }),
    ...(fields.has("deltas") && {
      deltas: decodeArtifact(fields.object("deltas"), deltaListPath(path)),
    }),
  };
}

/** Its path follows from the patch's. */
export function encodeArtifact({ length, sha256 }: Artifact): { [name: string]: JsonInput } {
  return { length, sha256 };
}

/** @throws {TrustError} `TRUST_MALFORMED` */
export function decodeArtifact(fields: Fields, path: TargetPath): Artifact {
  return { path, length: fields.integer("length", 0), sha256: fields.sha256("sha256") };
}

/** One line of a product's catalogue: enough to choose, not to fetch. */
export interface CatalogueEntry {
  readonly version: Version;
  readonly platform: Platform;
  readonly severity: Severity;
  readonly releasedAt: string;
  /** The patch's target, whose record stands in the TUF metadata. Written as its file name. */
  readonly target: TargetPath;
  readonly length: number;
}

/** The signed list of one product's releases: the target `products/<id>.json`. */
export interface Catalogue {
  readonly product: ProductId;
  readonly releases: readonly CatalogueEntry[];
}

const releasesMax = 100_000;

export function encodeCatalogue(catalogue: Catalogue): JsonInput {
  const { product } = catalogue;
  const releases = catalogue.releases.map(({ target, ...entry }) => {
    const { file } = readPatchPath(target);
    const isImplied = patchPath({ ...entry, product, file }) === target;
    invariant(isImplied, "a catalogue's line and the patch's path say the same");
    return { ...entry, file };
  });
  return { _type: "causeway-catalogue", product, releases };
}

/** @throws {TrustError} `TRUST_MALFORMED`, also when it is another product's */
export function decodeCatalogue(value: Json, product: ProductId): Catalogue {
  const subject = `catalogue of ${product}`;
  const fields = new Fields(value, subject);
  if (fields.string("_type") !== "causeway-catalogue") throw malformed(subject, "is none");
  if (fields.string("product") !== product) throw malformed(subject, "is another product's");
  return {
    product,
    releases: fields.objects("releases", releasesMax).map((entry) => {
      const version = entry.matching("version", isVersion);
      const platform = entry.matching("platform", isPlatform);
      const file = entry.matching("file", isFileName);
      return {
        version,
        platform,
        severity: entry.matching("severity", isSeverity),
        releasedAt: entry.matching("releasedAt", isUtcSecond),
        target: patchPath({ product, version, platform, file }),
        length: entry.integer("length", 0),
      };
    }),
  };
}
