import {
  type Catalogue,
  type CatalogueEntry,
  cataloguePath,
  compareVersions,
  decodeCatalogue,
  decodeRelease,
  isSha256,
  type Platform,
  type ProductId,
  parseJson,
  type ReleaseRecord,
  type Sha256,
  type TargetPath,
  TrustError,
  UsageError,
  type Version,
} from "@causeway/kernel";
import type { TargetFile } from "@causeway/trust";
import { fetchTarget, lookUp, type Run } from "./metadata.ts";

/** A release with all that is signed about it. */
export interface Found {
  readonly release: ReleaseRecord;
  readonly target: TargetFile & { readonly path: TargetPath };
  readonly sha256: Sha256;
}

export interface Wish {
  readonly product: ProductId;
  readonly platform: Platform;
  /** Absent: the newest that the platform can run. */
  readonly version?: Version;
}

const shownMax = 8;

/**
 * Finds the release that is wished for in the trusted state.
 * @throws {UsageError} `USAGE_UNKNOWN_PRODUCT`, naming what there is
 * @throws {NoRouteDelivered}
 * @throws {TrustError} what was signed makes no sense; only the publisher can help
 */
export async function findRelease(run: Run, wish: Wish): Promise<Found> {
  const entry = chooseRelease(await fetchCatalogue(run, wish.product), wish);
  const target = await lookUp(run, entry.target);
  if (target === undefined) {
    const text = "is in the catalogue, but no trusted role vouches for it";
    throw new TrustError("TRUST_UNDELEGATED", entry.target, text);
  }
  const release = decodeRelease(target.custom, entry.target);
  if (release === undefined) {
    throw new TrustError("TRUST_MIXED", entry.target, "is in the catalogue, but is no release");
  }
  const sha256 = target.hashes.get("sha256") ?? "";
  if (!isSha256(sha256)) {
    throw new TrustError("TRUST_MALFORMED", entry.target, "has no SHA-256 digest");
  }
  return { release, target: { ...target, path: entry.target }, sha256 };
}

async function fetchCatalogue(run: Run, product: ProductId): Promise<Catalogue> {
  const path = cataloguePath(product);
  const target = await lookUp(run, path);
  if (target === undefined) {
    throw unknown(`the repository has no product "${product}"; check the spelling.`);
  }
  if (target.length > run.limits.catalogueLengthMax) {
    throw new TrustError("TRUST_LIMIT", path, `is ${target.length} bytes long`);
  }
  const bytes = await fetchTarget(run, target);
  return decodeCatalogue(parseJson(bytes, path), product);
}

/**
 * The newest release, or the very version wished for, that the platform can run. One for exactly
 * this platform goes before one for any.
 * @throws {UsageError} `USAGE_UNKNOWN_PRODUCT`
 */
export function chooseRelease(catalogue: Catalogue, wish: Wish): CatalogueEntry {
  const { platform, version } = wish;
  const runs = (entry: CatalogueEntry): boolean => {
    return entry.platform === platform || entry.platform === "any";
  };
  const isWished = (entry: CatalogueEntry): boolean => {
    return version === undefined || compareVersions(entry.version, version) === 0;
  };
  // `1.0` and `1.0.0` are equal in order, so the very spelling goes first.
  const rank = (entry: CatalogueEntry): number => {
    return Number(entry.version === version) * 2 + Number(entry.platform === platform);
  };
  const [best] = catalogue.releases
    .filter((entry) => runs(entry) && isWished(entry))
    .toSorted((a, b) => compareVersions(b.version, a.version) || rank(b) - rank(a));
  if (best !== undefined) return best;
  throw unknownRelease(catalogue, wish, runs);
}

function unknownRelease(
  { product, releases }: Catalogue,
  { platform, version }: Wish,
  runs: (entry: CatalogueEntry) => boolean,
): UsageError {
  if (releases.length === 0) return unknown(`"${product}" has no releases yet.`);
  const usable = releases.filter(runs);
  if (usable.length === 0) {
    const platforms = [...new Set(releases.map((entry) => entry.platform))].toSorted();
    return unknown(`"${product}" has nothing for ${platform}; it has ${listed(platforms)}.`);
  }
  const versions = usable.map((entry) => entry.version).toSorted((a, b) => compareVersions(b, a));
  return unknown(`"${product}" has no ${version} for ${platform}; it has ${listed(versions)}.`);
}

function unknown(what: string): UsageError {
  return new UsageError("USAGE_UNKNOWN_PRODUCT", what);
}

function listed(names: readonly string[]): string {
  const more = names.length > shownMax ? `, and ${names.length - shownMax} more` : "";
  return `${names.slice(0, shownMax).join(", ")}${more}`;
}
