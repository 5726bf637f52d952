import { resolve } from "node:path";
import {
  announcementLimits,
  announcementMessage,
  announcementText,
  encodeAnnouncement,
  type Instant,
  invariant,
  type RepositoryId,
  type RouteList,
  type ShardKey,
  type ShardKeys,
  toUtcSecond,
  UsageError,
} from "@causeway/kernel";
import { repositoryIdOf } from "@causeway/trust";
import { type KnownRoute, readConfig } from "../config/config.ts";
import { listedUrl } from "../config/route-url.ts";
import { takeLock } from "../disk/lock.ts";
import type { PassphraseSource } from "../keys/key-file.ts";
import { Keyring } from "../keys/keyring.ts";
import { readShardKeys, withMarks, writeShardKeys } from "../keys/shard-keys.ts";
import type { Signer } from "../keys/signer.ts";
import { type Log, silent } from "../log.ts";
import { refuseClockBehind } from "../publish/check-clock.ts";
import { lastRouteList } from "../publish/last-route-list.ts";
import { type Published, readPublished } from "../publish/published.ts";
import { VendorFolder } from "../vendor-folder.ts";
import { takeSequence } from "./announcement-sequence.ts";
import { knownRoutes } from "./reserves.ts";
import { RetiredPlaces } from "./to-sign.ts";

export interface AnnounceOptions {
  /** Up to four, the best first; they need not stand in the list of routes. */
  readonly urls: readonly string[];
  /** Up to four shards whose keys it brings: who has the list can read their sealed routes. */
  readonly shards?: readonly number[];
  /** When clients no longer take it; in seven days when left out. */
  readonly until?: Instant;
  /** The URLs may lead into a private network. */
  readonly isPrivate?: boolean;
  readonly passphrase: PassphraseSource;
  readonly signers?: readonly Signer[];
  readonly now?: () => Instant;
  readonly log?: Log;
}

/** A code that was signed, and what it says. */
export interface Announced {
  readonly repository: string;
  readonly repositoryId: RepositoryId;
  readonly sequence: number;
  /** `YYYY-MM-DDTHH:MM:SSZ` */
  readonly expires: string;
  readonly urls: readonly string[];
  /** Whose keys it brings. */
  readonly shards: readonly number[];
  /** As people copy it. */
  readonly text: string;
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const usualMs = 7 * dayMs;

/**
 * Signs an announcement with one key of `routes`. Nothing is published; its number is kept in the
 * vendor folder, and no other announcement ever gets the same. A shard whose key it brings takes no
 * new route.
 * @throws {UsageError} `USAGE_ARGUMENT`, `CONFIG_MISSING`, `KEY_MISSING`, `KEY_PASSPHRASE`
 * @throws {HostError} `HOST_BUSY`, `HOST_CORRUPT_STATE`, `HOST_CLOCK`, …
 */
export async function announce(dir: string, options: AnnounceOptions): Promise<Announced> {
  const { folder, name, now, published, said } = await prepare(dir, options);
  const { repository: repositoryId, expires, urls, shardKeys = [] } = said;
  const shards = shardKeys.map(({ shard }) => shard);
  const { passphrase, signers, log = silent } = options;
  const extra = signers === undefined ? {} : { signers };
  const keyring = await Keyring.open(folder, { passphrase, log, ...extra });
  const { keys } = published.delegatedKeys.routes;
  const [signer] = await keyring.signers("routes", { keys, threshold: 1 });
  invariant(signer !== undefined, "a threshold of one asks for one signer");
  const lock = takeLock(folder.lock);
  let sequence: number;
  try {
    sequence = await takeSequence(folder, now);
    // Read anew: somebody else may have sealed since.
    const kept = shards.length === 0 ? undefined : await readShardKeys(folder);
    if (kept) await writeShardKeys(folder, withMarks(kept, shards, { announced: true }));
  } finally {
    lock.release();
  }
  const body = encodeAnnouncement({ ...said, sequence });
  const signature = await signer.sign(announcementMessage(body));
  return {
    repository: name,
    repositoryId,
    sequence,
    expires: toUtcSecond(expires),
    urls,
    shards,
    text: announcementText(body, signature),
  };
}

/**
 * What an announcement would say, without signing it or taking a number.
 * @throws as `announce`, but for keys
 */
export async function previewAnnouncement(
  dir: string,
  options: Omit<AnnounceOptions, "passphrase">,
): Promise<Pick<Announced, "expires" | "urls">> {
  const { said } = await prepare(dir, options);
  return { expires: toUtcSecond(said.expires), urls: said.urls };
}

async function prepare(
  dir: string,
  options: Omit<AnnounceOptions, "passphrase">,
): Promise<Prepared> {
  const folder = new VendorFolder(resolve(dir));
  const { name } = await readConfig(folder.config);
  const now = (options.now ?? Date.now)();
  const expires = expiryOf(options.until, now);
  const urls = urlsOf(options);
  const published = await readPublished(folder.repository);
  const last = await lastRouteList(folder, published);
  const keys = await readShardKeys(folder);
  const known = knownRoutes(last, keys);
  refuseRetired(urls, known);
  warnOfSealed(urls, known, options.log ?? silent);
  const shardKeys = [...new Set(options.shards)].map((shard) => announcedKey(shard, keys, last));
  refuseClockBehind(published.timestamp, now);
  const [first] = published.roots;
  const repository = first === undefined ? undefined : repositoryIdOf(first.bytes);
  invariant(repository !== undefined, "a repository begins with its first root");
  const said = { repository, expires, urls, ...(shardKeys.length > 0 && { shardKeys }) };
  encodeAnnouncement({ ...said, sequence: 1 }); // what cannot be said costs no number
  return { folder, name, now, published, said };
}

interface Prepared {
  readonly folder: VendorFolder;
  readonly name: string;
  readonly now: Instant;
  readonly published: Published;
  readonly said: {
    readonly repository: RepositoryId;
    readonly expires: Instant;
    readonly urls: readonly string[];
    readonly shardKeys?: readonly ShardKey[];
  };
}

function expiryOf(until: Instant | undefined, now: Instant): Instant {
  const expires = Math.floor((until ?? now + usualMs) / minuteMs) * minuteMs;
  if (expires > now && expires <= now + announcementLimits.lifeMsMax) return expires;
  const what = "an announcement is good until a time from a minute to 90 days ahead";
  throw new UsageError("USAGE_ARGUMENT", `${what}; write it as 7d, or as 2026-08-12T09:00:00Z.`);
}

function urlsOf({
  urls: given,
  shards = [],
  isPrivate = false,
}: Pick<AnnounceOptions, "urls" | "shards" | "isPrivate">): readonly string[] {
  const checked = given.map((text) => {
    const { url, wrong } = listedUrl(text, isPrivate);
    if (url === undefined) throw new UsageError("USAGE_ARGUMENT", `${wrong}.`);
    return url;
  });
  if (new Set(shards).size > announcementLimits.shardKeysMax) {
    const what = `an announcement has at most ${announcementLimits.shardKeysMax} shards`;
    throw new UsageError("USAGE_ARGUMENT", `${what}; make two of them.`);
  }
  if (checked.length > 0 || shards.length > 0) return [...new Set(checked)];
  const what = "an announcement needs a route, or a shard of sealed ones";
  throw new UsageError("USAGE_ARGUMENT", `${what}: --route URL, --shard N.`);
}

function announcedKey(shard: number, keys: ShardKeys, last: RouteList | undefined): ShardKey {
  const found = keys.shards.find((key) => key.shard === shard);
  if (last?.sealed?.some((box) => box.shard === shard) !== true) {
    const what = `the public list has no route that is sealed in shard ${shard}`;
    throw new UsageError("USAGE_ARGUMENT", `${what}; causeway routes list tells the shards.`);
  }
  if (found !== undefined) return { shard, key: found.key };
  const what = `the key of shard ${shard} is not in keys/shards.json`;
  throw new UsageError("KEY_MISSING", `${what}; put that file here from where it was published.`);
}

/** It may be meant, and cannot be taken back. */
function warnOfSealed(urls: readonly string[], known: readonly KnownRoute[], log: Log): void {
  for (const { entry, shard } of known) {
    const url = entry.urls.find((each) => urls.includes(each));
    if (shard === undefined || url === undefined) continue;
    const what = `${url} is sealed in the list, as ${entry.id}: all who read the code know it now`;
    log({
      level: "warning",
      message: `${what}; --shard ${shard} tells those with the list alone.`,
    });
  }
}

function refuseRetired(urls: readonly string[], known: readonly KnownRoute[]): void {
  const places = new RetiredPlaces(known.map(({ entry }) => entry));
  for (const url of urls) {
    const retired = places.at(url);
    if (retired === undefined) continue;
    const what = `${url} was retired with the route ${retired.id}, and clients never go there again`;
    throw new UsageError("USAGE_ARGUMENT", `${what}.`);
  }
}
