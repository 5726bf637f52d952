import { dirname, resolve } from "node:path";
import { replaceFile } from "../replace-file.ts";
import { readTicketKeys } from "../shield/ticket-keys.ts";
import { writeEdgeFiles } from "./edge-files.ts";
import { edgeLimits } from "./edge-limits.ts";
import { haproxyConfig } from "./haproxy-config.ts";
import type { HaproxyPlan } from "./haproxy-plan.ts";

export interface HaproxyEdge extends Omit<HaproxyPlan, "folder" | "connectionsMax"> {
  /** Where the vendor's ticket keys are; without the file nobody has a ticket. */
  readonly keyFile: string;
  /** Ids of those whose tickets are good no more. */
  readonly revokedKeys: readonly string[];
  /** Base URLs of other routes, for the page of whoever is not served. */
  readonly alternates: readonly string[];
}

export interface WrittenEdge {
  readonly config: string;
  /** Absolute: where the maps and the page lie. */
  readonly folder: string;
  /** How many ticket keys there are, without those that are revoked. */
  readonly keys: number;
}

/**
 * Writes an HAProxy's configuration to `out` and what it refers to beside it; without `out` only
 * the latter, into `folder`, and the configuration that is returned looks there.
 * @throws {UsageError} `USAGE_NAME`, `KEY_UNREADABLE`
 * @throws {HostError}
 */
export async function writeHaproxyEdge(
  edge: HaproxyEdge,
  out: string | undefined,
  folder: string,
): Promise<WrittenEdge> {
  const { keyFile, revokedKeys, alternates, ...plan } = edge;
  const ofFile = (await readTicketKeys(keyFile)) ?? [];
  const keys = ofFile.filter(({ kid }) => !revokedKeys.includes(kid));
  const place = resolve(out === undefined ? folder : dirname(out));
  const config = haproxyConfig({
    ...plan,
    // That of the machine where it will run is not known here.
    connectionsMax: edgeLimits.connectionsMax,
    folder: out === undefined ? place : undefined,
  });
  await writeEdgeFiles(place, { keys, alternates });
  if (out !== undefined) await writeConfig(out, config);
  return { config, folder: place, keys: keys.length };
}

/** Replaces the configuration as one step. @throws {HostError} */
export async function writeConfig(file: string, config: string): Promise<void> {
  await replaceFile(resolve(file), config, 0o644);
}
