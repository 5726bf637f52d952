import type { Brand } from "./brand.ts";
import { UsageError } from "./errors.ts";

/** A product's version: `1`, `10.0.19041.388`, `2.0.0-rc.1`. */
export type Version = Brand<string, "Version">;

const pattern = /^\d{1,15}(?:\.\d{1,15}){0,7}(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;
const lengthMax = 64;

/** One to eight numbers, then optionally a pre-release as in Semantic Versioning 2.0.0. */
export function isVersion(text: string): text is Version {
  return text.length <= lengthMax && pattern.test(text);
}

/** @throws {UsageError} `USAGE_VERSION` */
export function toVersion(text: string): Version {
  if (isVersion(text)) return text;
  const shown = JSON.stringify(text.slice(0, lengthMax));
  throw new UsageError(
    "USAGE_VERSION",
    `${shown} is not a version; write numbers with dots, as 1.2.3, 10.0.19041.388 or 2.0.0-rc.1.`,
  );
}

/**
 * Negative when `a` is older, 0 when the order does not tell them apart (`1.0` and `1.0.0`).
 * A pre-release is older than its release (Semantic Versioning 2.0.0, clause 11).
 */
export function compareVersions(a: Version, b: Version): number {
  const [aNumbers, aPre] = split(a);
  const [bNumbers, bPre] = split(b);
  const count = Math.max(aNumbers.length, bNumbers.length);
  for (let at = 0; at < count; at++) {
    const difference = Number(aNumbers[at] ?? 0) - Number(bNumbers[at] ?? 0);
    if (difference !== 0) return difference;
  }
  if (aPre.length === 0 || bPre.length === 0) return bPre.length - aPre.length;
  return comparePreReleases(aPre, bPre);
}

function split(version: Version): [string[], string[]] {
  const dash = version.indexOf("-");
  if (dash < 0) return [version.split("."), []];
  return [version.slice(0, dash).split("."), version.slice(dash + 1).split(".")];
}

function comparePreReleases(a: readonly string[], b: readonly string[]): number {
  for (const [at, left] of a.entries()) {
    const right = b[at];
    if (right === undefined) return 1;
    const difference = compareIdentifiers(left, right);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function compareIdentifiers(a: string, b: string): number {
  const aNumeric = /^\d+$/.test(a);
  const bNumeric = /^\d+$/.test(b);
  if (aNumeric !== bNumeric) return aNumeric ? -1 : 1;
  if (aNumeric) {
    const difference = BigInt(a) - BigInt(b);
    return difference < 0n ? -1 : Number(difference > 0n);
  }
  return a < b ? -1 : Number(a > b);
}
