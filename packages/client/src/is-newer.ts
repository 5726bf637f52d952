import { compareVersions, toVersion } from "@causeway/kernel";

/**
 * True when `version` comes after the one that is installed: what `check` finds may be older, as
 * when a route shows what was once out to a machine that has lost its state. Install nothing else.
 * @throws {UsageError} `USAGE_VERSION`
 */
export function isNewer(version: string, installed: string): boolean {
  return compareVersions(toVersion(version), toVersion(installed)) > 0;
}
