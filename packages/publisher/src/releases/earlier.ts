import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  compareVersions,
  deltasMax,
  HostError,
  hashedTargetPath,
  type Platform,
  UsageError,
  type Version,
} from "@causeway/kernel";
import type { VendorFolder } from "../vendor-folder.ts";
import { byNewest, type Release } from "./release.ts";

const replacedByDefault = 2;

/**
 * The releases to make deltas from: those named, else the newest two earlier ones.
 * @param ofProduct all releases of the product
 * @throws {UsageError} `USAGE_ARGUMENT` when a named version was never added for the platform
 */
export function replacedReleases(
  ofProduct: readonly Release[],
  version: Version,
  platform: Platform,
  named: readonly Version[] | undefined,
): readonly Release[] {
  const samePlatform = ofProduct.filter(({ record }) => record.platform === platform);
  if (named === undefined) {
    const earlier = samePlatform.filter(({ record }) => {
      return compareVersions(record.version, version) < 0;
    });
    return earlier.toSorted(byNewest).slice(0, replacedByDefault);
  }
  if (named.length > deltasMax) {
    throw new UsageError("USAGE_ARGUMENT", `a patch replaces at most ${deltasMax} versions.`);
  }
  return [...new Set(named)].map((wanted) => {
    const found = samePlatform.find(({ record }) => record.version === wanted);
    if (found !== undefined) return found;
    const known = samePlatform.toSorted(byNewest).map(({ record }) => record.version);
    const choice = known.length === 0 ? "no other" : known.slice(0, 5).join(", ");
    const message = `there is no version ${wanted} for ${platform} to replace; there is ${choice}.`;
    throw new UsageError("USAGE_ARGUMENT", message);
  });
}

/**
 * Where the release's file lies: still staged, or published.
 * @throws {HostError} `HOST_MISSING`
 */
export function fileOfRelease(folder: VendorFolder, release: Release): string {
  const { path, sha256 } = release.target;
  const published = join(folder.repository, "targets", hashedTargetPath(path, sha256));
  for (const file of [folder.stagedFile(sha256), published]) if (existsSync(file)) return file;
  const message = `${published}, which a delta is to start from, is missing; restore it.`;
  throw new HostError("HOST_MISSING", message);
}
