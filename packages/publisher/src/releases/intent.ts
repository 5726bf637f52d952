import {
  compareVersions,
  deltaPath,
  type Instant,
  indexPath,
  isSeverity,
  isUtcSecond,
  type Platform,
  type ProductId,
  packPath,
  patchPath,
  type Severity,
  severities,
  type TargetPath,
  TrustError,
  toPlatform,
  toUtcSecond,
  toVersion,
  UsageError,
  type Version,
} from "@causeway/kernel";
import type { Log } from "../log.ts";
import { targetName } from "./input-file.ts";

export interface AddOptions {
  /** The file that customers install. */
  readonly file: string;
  readonly product: string;
  readonly version: string;
  /** `any` when left out. */
  readonly platform?: string;
  /** `medium` when left out. */
  readonly severity?: string;
  /** OSV JSON files. */
  readonly advisories?: readonly string[];
  /** `YYYY-MM-DDTHH:MM:SSZ`; now when left out. */
  readonly releasedAt?: string;
  /** The install method's name; `file` when left out. */
  readonly install?: string;
  /** The oldest version that it can be installed over. */
  readonly minimumVersion?: string;
  /** The file's name for customers; its own when left out. */
  readonly name?: string;
  /** Versions to make deltas from; the newest two earlier ones when left out. */
  readonly replaces?: readonly string[];
  /** In place of the same version that was added before and is not public. */
  readonly again?: boolean;
  readonly now?: () => Instant;
  readonly onProgress?: (progress: AddProgress) => void;
  readonly log?: Log;
  readonly signal?: AbortSignal;
  readonly workers?: number;
}

export interface AddProgress {
  readonly step: "read" | "pack" | "delta";
  readonly done: number;
  readonly total: number;
}

/** What a release is to be, checked before any file is touched. */
export interface Intent {
  readonly version: Version;
  readonly platform: Platform;
  readonly severity: Severity;
  readonly releasedAt: string;
  readonly install: string;
  readonly name: string;
  readonly minimumVersion: Version | undefined;
  readonly replaces: readonly Version[] | undefined;
}

/** @throws {UsageError} for the first thing that is wrong */
export function intentOf(options: AddOptions): Intent {
  const severity = options.severity ?? "medium";
  if (!isSeverity(severity)) {
    const message = `severity is one of ${severities.join(", ")}, not ${JSON.stringify(severity)}.`;
    throw new UsageError("USAGE_ARGUMENT", message);
  }
  const now = options.now ?? Date.now;
  const releasedAt = options.releasedAt ?? toUtcSecond(now());
  if (!isUtcSecond(releasedAt)) {
    const message = "the release time is written in UTC, as 2026-08-12T09:00:00Z.";
    throw new UsageError("USAGE_ARGUMENT", message);
  }
  const install = options.install ?? "file";
  if (!/^[a-z][a-z0-9-]{0,63}$/.test(install)) {
    const message = "an install method's name has only a-z 0-9 and -, as file or msi.";
    throw new UsageError("USAGE_ARGUMENT", message);
  }
  const version = toVersion(options.version);
  const { minimumVersion, replaces } = options;
  const minimum = minimumVersion === undefined ? undefined : toVersion(minimumVersion);
  if (minimum !== undefined && compareVersions(minimum, version) > 0) {
    const message = `the minimum version ${minimum} is newer than ${version} itself.`;
    throw new UsageError("USAGE_VERSION", message);
  }
  return {
    version,
    platform: toPlatform(options.platform ?? "any"),
    severity,
    releasedAt,
    install,
    name: targetName(options.file, options.name),
    minimumVersion: minimum,
    replaces: replaces?.map(toVersion),
  };
}

/** Where the patch will lie. @throws {UsageError} `USAGE_NAME` */
export function pathOf(product: ProductId, intent: Intent): TargetPath {
  const { version, platform, name } = intent;
  const path = patchPath({ product, version, platform, file: name });
  checkDerivedNames(path, undefined);
  return path;
}

/**
 * Returns when the longest name made from the patch's, or from that of its delta from a version,
 * is still one that every route can carry.
 * @throws {UsageError} `USAGE_NAME`
 */
export function checkDerivedNames(patch: TargetPath, from: Version | undefined): void {
  try {
    if (from === undefined) packPath(patch);
    else indexPath(deltaPath(patch, from));
  } catch (cause) {
    if (!(cause instanceof TrustError)) throw cause;
    const name = patch.slice(patch.lastIndexOf("/") + 1);
    const message = `the name ${name} is too long; give a shorter one with --name.`;
    throw new UsageError("USAGE_NAME", message, { cause });
  }
}
