import { constants } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  type FollowedRelease,
  type FollowLimits,
  type FollowOptions,
  followRelease,
  type Wish,
} from "@causeway/client/internal/follow";
import { toHostError } from "@causeway/client/internal/host-error";
import { folderStore } from "@causeway/client/node";
import { filesOf, fillTree, partOf, type TreeTarget } from "./fill.ts";
import { removeOldFiles } from "./old-files.ts";
import { publishState } from "./publish-state.ts";
import { TreeFiles } from "./tree-files.ts";

export interface KeepReleaseOptions {
  /** The tree; made by `makeOwnFolder`, and held by the caller. */
  readonly folder: string;
  /** Whose trusted state it is of; what little is missing comes over its routes. */
  readonly client: FollowOptions;
  readonly wish: Wish;
  /** The release's file, wherever a client has put it. It is copied, and verified. */
  readonly file: string;
  readonly signal: AbortSignal;
  readonly limits?: FollowLimits;
}

export interface KeptRelease {
  /** The platform that it is for, which may be `any`. */
  readonly platform: string;
  /** Below the tree. */
  readonly files: readonly string[];
  /** Those that were not there yet. */
  readonly added: readonly string[];
  readonly bytes: number;
}

const graceMs = 3_600_000; // who is under way with the metadata of before is done

/**
 * Adds a release that was fetched to a tree that others are served from: its file, its index, its
 * product's catalogue, and the metadata that leads there. What else is in the tree stays, and is
 * of the same state from then on, or not found any more.
 * @throws {UsageError} {NoRouteDelivered} {TrustError} {HostError} {Interrupted}
 */
export async function keepRelease(options: KeepReleaseOptions): Promise<KeptRelease> {
  const { client, wish, signal, limits } = options;
  const keep = (followed: FollowedRelease): Promise<KeptRelease> => keepFollowed(followed, options);
  return followRelease(client, wish, signal, keep, limits);
}

async function keepFollowed(
  followed: FollowedRelease,
  { folder, file, client }: KeepReleaseOptions,
): Promise<KeptRelease> {
  const { state, patch, platform, isCurrent, now } = followed;
  const tree = folderStore(folder, client.ports.clock);
  const files = new TreeFiles(folder);
  const targets = filesOf(state.targets);
  const missing: TreeTarget[] = [];
  // A name was given to nothing but what was verified, and is on the disk.
  for (const each of targets) {
    const length = await files.length(`targets/${each.location}`);
    if (length !== each.target.length) missing.push(each);
  }
  for (const { target, location } of missing) {
    if (target === patch) await copyTo(file, join(folder, partOf(location)));
  }
  await fillTree(tree, followed, missing, () => undefined);
  await publishState(tree, state, now);
  const names = (await files.names()).filter((name) => name.startsWith("metadata/"));
  const old = { names, isNamed: isCurrent };
  await removeOldFiles(tree, old, { now, graceMs }, (name) => files.remove(name));
  const nameOf = ({ location }: TreeTarget): string => `targets/${location}`;
  return {
    platform,
    files: targets.map(nameOf),
    added: missing.map(nameOf),
    bytes: targets.reduce((sum, { target }) => sum + target.length, 0),
  };
}

async function copyTo(file: string, part: string): Promise<void> {
  try {
    await mkdir(dirname(part), { recursive: true });
    await copyFile(file, part, constants.COPYFILE_FICLONE); // some disks need no second copy
  } catch (cause) {
    throw toHostError(cause, `copy ${file} to ${part}`);
  }
}
