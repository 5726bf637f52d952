import { resolve } from "node:path";
import {
  announcementLimits,
  announcementMessage,
  announcementText,
  encodeAnnouncement,
  type Instant,
  invariant,
  type RepositoryId,
  toUtcSecond,
  UsageError,
} from "@causeway/kernel";
import { repositoryIdOf } from "@causeway/trust";
import { readConfig } from "../config/config.ts";
import { listedUrl } from "../config/route-url.ts";
import { takeLock } from "../disk/lock.ts";
import type { PassphraseSource } from "../keys/key-file.ts";
import { Keyring } from "../keys/keyring.ts";
import { readShardKeys } from "../keys/shard-keys.ts";
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
  /** One to four, the best first; they need not stand in the list of routes. */
  readonly urls: readonly string[];
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
  /** As people copy it. */
  readonly text: string;
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const usualMs = 7 * dayMs;

/**
 * Signs an announcement with one key of `routes`. Nothing is published; its number is kept in the
 * vendor folder, and no other announcement ever gets the same.
 * @throws {UsageError} `USAGE_ARGUMENT`, `CONFIG_MISSING`, `KEY_MISSING`, `KEY_PASSPHRASE`
 * @throws {HostError} `HOST_BUSY`, `HOST_CORRUPT_STATE`, `HOST_CLOCK`, …
 */
export async function announce(dir: string, options: AnnounceOptions): Promise<Announced> {
  const { folder, name, now, published, said } = await prepare(dir, options);
  const { repository: repositoryId, expires, urls } = said;
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
  await refuseRetired(urls, folder, published);
  refuseClockBehind(published.timestamp, now);
  const [first] = published.roots;
  const repository = first === undefined ? undefined : repositoryIdOf(first.bytes);
  invariant(repository !== undefined, "a repository begins with its first root");
  const said = { repository, expires, urls };
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
    readonly urls: readonly [string, ...string[]];
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
  isPrivate = false,
}: Pick<AnnounceOptions, "urls" | "isPrivate">): [string, ...string[]] {
  const checked = given.map((text) => {
    const { url, wrong } = listedUrl(text, isPrivate);
    if (url === undefined) throw new UsageError("USAGE_ARGUMENT", `${wrong}.`);
    return url;
  });
  const [first, ...others] = new Set(checked);
  if (first !== undefined) return [first, ...others];
  throw new UsageError("USAGE_ARGUMENT", "an announcement needs a route: --route URL.");
}

async function refuseRetired(
  urls: readonly string[],
  folder: VendorFolder,
  published: Published,
): Promise<void> {
  const last = await lastRouteList(folder, published);
  const known = knownRoutes(last, await readShardKeys(folder));
  const places = new RetiredPlaces(known.map(({ entry }) => entry));
  for (const url of urls) {
    const retired = places.at(url);
    if (retired === undefined) continue;
    const what = `${url} was retired with the route ${retired.id}, and clients never go there again`;
    throw new UsageError("USAGE_ARGUMENT", `${what}.`);
  }
}
