import type { JsonInput } from "./canonical-json.ts";
import { Fields, malformed } from "./fields.ts";
import type { Json } from "./json.ts";
import {
  isPlatform,
  isProductId,
  type Platform,
  type ProductId,
  type Sha256,
  type TargetPath,
} from "./names.ts";
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

/** zstd of the patch with `from`'s file as dictionary. */
export interface Delta extends Artifact {
  readonly from: {
    readonly version: Version;
    readonly length: number;
    readonly sha256: Sha256;
  };
  /** The delta's own chunk index, so that it too comes over all routes. */
  readonly index: Artifact;
}

/** What the signed metadata says of one patch, as the `causeway` member of the target's `custom`. */
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
  readonly deltas: readonly Delta[];
}

const advisoriesMax = 256;
const deltasMax = 16;

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

/** @returns the value of `custom` for the patch's target */
export function encodeRelease(record: ReleaseRecord): JsonInput {
  const { deltas, ...rest } = record;
  const plain: JsonInput = {
    ...rest,
    index: { ...record.index },
    pack: record.pack === undefined ? undefined : { ...record.pack },
    deltas: deltas.map((delta) => ({
      ...delta,
      from: { ...delta.from },
      index: { ...delta.index },
    })),
  };
  return { causeway: plain };
}

/**
 * Reads a target's `custom`.
 * @returns undefined when the target is no patch (a pack, an advisory, …)
 * @throws {TrustError} `TRUST_MALFORMED`
 */
export function decodeRelease(
  custom: Json | undefined,
  subject: string,
): ReleaseRecord | undefined {
  if (!(custom instanceof Map) || !custom.has("causeway")) return undefined;
  const fields = new Fields(custom, subject).object("causeway");
  return {
    product: fields.matching("product", isProductId),
    version: fields.matching("version", isVersion),
    platform: fields.matching("platform", isPlatform),
    severity: fields.matching("severity", isSeverity),
    advisories: fields.strings("advisories", advisoriesMax),
    install: fields.string("install", 64),
    ...(fields.has("minimumVersion") && {
      minimumVersion: fields.matching("minimumVersion", isVersion),
    }),
    releasedAt: fields.matching("releasedAt", isUtcSecond),
    index: decodeArtifact(fields.object("index")),
    ...(fields.has("pack") && { pack: decodeArtifact(fields.object("pack")) }),
    deltas: fields.objects("deltas", deltasMax).map(decodeDelta),
  };
}

function decodeArtifact(fields: Fields): Artifact {
  return {
    path: fields.targetPath("path"),
    length: fields.integer("length", 0),
    sha256: fields.sha256("sha256"),
  };
}

function decodeDelta(fields: Fields): Delta {
  const from = fields.object("from");
  return {
    ...decodeArtifact(fields),
    from: {
      version: from.matching("version", isVersion),
      length: from.integer("length", 0),
      sha256: from.sha256("sha256"),
    },
    index: decodeArtifact(fields.object("index")),
  };
}

/** One line of a product's catalogue: enough to choose, not to fetch. */
export interface CatalogueEntry {
  readonly version: Version;
  readonly platform: Platform;
  readonly severity: Severity;
  readonly releasedAt: string;
  /** The patch's target; its record stands in the TUF metadata. */
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
  const releases = catalogue.releases.map((entry) => ({ ...entry }));
  return { _type: "causeway-catalogue", product: catalogue.product, releases };
}

/** @throws {TrustError} `TRUST_MALFORMED`, also when it is another product's */
export function decodeCatalogue(value: Json, product: ProductId): Catalogue {
  const subject = `catalogue of ${product}`;
  const fields = new Fields(value, subject);
  if (fields.string("_type") !== "causeway-catalogue") throw malformed(subject, "is none");
  if (fields.string("product") !== product) throw malformed(subject, "is another product's");
  return {
    product,
    releases: fields.objects("releases", releasesMax).map((entry) => ({
      version: entry.matching("version", isVersion),
      platform: entry.matching("platform", isPlatform),
      severity: entry.matching("severity", isSeverity),
      releasedAt: entry.matching("releasedAt", isUtcSecond),
      target: entry.targetPath("target"),
      length: entry.integer("length", 0),
    })),
  };
}
