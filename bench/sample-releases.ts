import { createHash } from "node:crypto";
import {
  type Artifact,
  canonicalJson,
  cataloguePath,
  type Delta,
  deltaListPath,
  deltaPath,
  encodeDeltas,
  indexPath,
  type Platform,
  type ProductId,
  packPath,
  patchPath,
  type ReleaseRecord,
  type Sha256,
  type TargetPath,
  type Version,
} from "@causeway/kernel";
import type { TargetEntry } from "../packages/publisher/src/documents/target-entry.ts";
import { catalogues } from "../packages/publisher/src/releases/catalogue.ts";
import type { Release } from "../packages/publisher/src/releases/release.ts";
import { releaseEntries } from "../packages/publisher/src/releases/release-file.ts";

/** Made-up patches, and everything that publish makes of them. */
export interface Sample {
  readonly releases: readonly Release[];
  readonly entries: readonly TargetEntry[];
  /** Bytes of each product's catalogue. */
  readonly catalogueLengths: ReadonlyMap<ProductId, number>;
}

const releasesOfProduct = 25;

/**
 * Products of 25 releases each, two patches to an advisory.
 * @param fileCount about how many targets shall come of it
 * @param isFull with packs, and with deltas from two older versions; else none of these
 */
export function sampleReleases(fileCount: number, isFull: boolean): Sample {
  const ofRelease = isFull ? 8.5 : 2.5; // the files below and half an advisory
  const count = Math.floor(fileCount / (ofRelease + 1 / releasesOfProduct));
  const releases = Array.from({ length: count }, (_, at) => releaseOf(at, isFull));
  const generated = catalogues(releases);
  const ids = new Set(releases.flatMap(({ record }) => record.advisories));
  const advisories = [...ids].map((id) => `advisories/${id}.json` as TargetPath);
  return {
    releases,
    entries: [
      ...releases.flatMap((release) => [...releaseEntries(release), ...listEntry(release)]),
      ...generated.map(({ path, bytes }) => artifact(path, bytes.length)),
      ...advisories.map((path) => artifact(path, 3_000)),
    ],
    catalogueLengths: new Map(
      releases.map(({ record: { product } }) => {
        const catalogue = generated.find(({ path }) => path === cataloguePath(product));
        return [product, catalogue?.bytes.length ?? 0];
      }),
    ),
  };
}

/** Files that nothing is known of but name, length and hash. */
export function plainEntries(count: number): readonly TargetEntry[] {
  return Array.from({ length: count }, (_, at) => {
    return artifact(`patches/reader/1.${at}/any/reader.bin` as TargetPath, 1_000_000 + at);
  });
}

function releaseOf(at: number, isFull: boolean): Release {
  const minor = at % releasesOfProduct;
  const product = `contoso-reader-${Math.floor(at / releasesOfProduct)}` as ProductId;
  const platform = "linux-x64" as Platform;
  const version = versionOf(minor);
  const path = patchPath({ product, version, platform, file: "reader.bin" });
  const deltas = isFull ? [deltaOf(path, minor + 1), deltaOf(path, minor + 2)] : [];
  const list = canonicalJson(encodeDeltas(deltas));
  const record: ReleaseRecord = {
    product,
    version,
    platform,
    severity: "critical",
    advisories: [`CSW-2026-${String(at >> 1).padStart(4, "0")}`],
    install: "file",
    releasedAt: "2026-08-12T09:00:00Z",
    index: artifact(indexPath(path), 8_000),
    ...(isFull && {
      pack: artifact(packPath(path), 4_000_000),
      deltas: artifact(deltaListPath(path), list.length),
    }),
  };
  return { target: artifact(path, 12_345_678), record, deltas };
}

function versionOf(minor: number): Version {
  return `24.${minor}.0` as Version;
}

function deltaOf(patch: TargetPath, older: number): Delta {
  const version = versionOf(older);
  const path = deltaPath(patch, version);
  return {
    ...artifact(path, 400_000),
    from: { version, length: 12_000_000, sha256: digest(`${patch} ${version}`) },
    index: artifact(indexPath(path), 400),
  };
}

function listEntry({ record }: Release): readonly TargetEntry[] {
  return record.deltas === undefined ? [] : [record.deltas];
}

function artifact(path: TargetPath, length: number): Artifact {
  return { path, length, sha256: digest(path) };
}

function digest(text: string): Sha256 {
  return createHash("sha256").update(text).digest("hex") as Sha256;
}
