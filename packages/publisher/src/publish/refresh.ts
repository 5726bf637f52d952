import { join, resolve } from "node:path";
import type { Instant } from "@causeway/kernel";
import { type Config, readConfig } from "../config/config.ts";
import { shownDuration } from "../config/duration.ts";
import { removeTree } from "../disk/files.ts";
import { takeLock } from "../disk/lock.ts";
import type { RoleName } from "../keys/key-file.ts";
import { Keyring } from "../keys/keyring.ts";
import { type Log, silent } from "../log.ts";
import { VendorFolder } from "../vendor-folder.ts";
import { bringOut } from "./bring-out.ts";
import { refuseClockBehind } from "./check-clock.ts";
import type { PublishOptions } from "./publish.ts";
import { type Published, readPublished } from "./published.ts";
import type { PublishResult } from "./result.ts";
import { signOnline } from "./sign.ts";
import type { Documents } from "./tree.ts";

export interface RefreshResult extends PublishResult {
  /** Roles that were signed again. */
  readonly refreshed: readonly ("snapshot" | "timestamp")[];
  /** When the first of the two is due again: half of its life. */
  readonly due: Instant;
}

/**
 * Signs the snapshot and the timestamp again when less than half of their life is left, and
 * nothing else; what a timer calls. Then brings the repository to every carrier, which also
 * repairs a carrier that failed before. Needs no key while nothing is due.
 * @throws {UsageError} `KEY_MISSING`, `KEY_PASSPHRASE`
 * @throws {HostError} `HOST_BUSY`, `HOST_CLOCK`, …
 */
export async function refresh(dir: string, options: PublishOptions): Promise<RefreshResult> {
  const folder = new VendorFolder(resolve(dir));
  const config = await readConfig(folder.config);
  const lock = takeLock(folder.lock);
  const incoming = join(folder.repository, ".incoming");
  try {
    await removeTree(incoming);
    return await refreshLocked(folder, config, options);
  } finally {
    await removeTree(incoming).catch(() => undefined); // the next run does it
    lock.release();
  }
}

async function refreshLocked(
  folder: VendorFolder,
  config: Config,
  options: PublishOptions,
): Promise<RefreshResult> {
  const { passphrase, signers } = options;
  const log = options.log ?? silent;
  const now = (options.now ?? Date.now)();
  const published = await readPublished(folder.repository);
  if (options.isClockRight !== true) refuseClockBehind(published.timestamp, now);
  const { topKeys, targets, delegated } = published;
  const extra = signers === undefined ? {} : { signers };
  const keyring = await Keyring.open(folder, { passphrase, log, ...extra });
  const { expiryMs } = config;
  const context = { expiryMs, keyring, now, onProgress: () => undefined };
  const online = await signOnline(published, topKeys, targets, delegated, context);
  const documents: Documents = { roots: published.roots, targets, delegated, ...online };
  warnOfOthers(published, config, now, log);
  // No path is looked up: that routes have expired must not end what patches need.
  const how = { check: [], now, bytes: 0, hasOtherRoutes: false };
  const result = await bringOut(folder, config, documents, how, options);
  const { snapshot, timestamp } = online;
  return {
    ...result,
    refreshed: [
      ...(snapshot === published.snapshot ? [] : (["snapshot"] as const)),
      ...(timestamp === published.timestamp ? [] : (["timestamp"] as const)),
    ],
    due: Math.min(
      snapshot.expires - expiryMs.snapshot / 2,
      timestamp.expires - expiryMs.timestamp / 2,
    ),
  };
}

/** The other roles are renewed by publish, with keys that a timer should not have. */
function warnOfOthers(published: Published, config: Config, now: Instant, log: Log): void {
  const { root, targets, delegated } = published;
  const ends = new Map<RoleName, Instant>([
    ["root", root.expires],
    ["targets", targets.expires],
  ]);
  for (const [name, { expires }] of delegated) {
    const role = name === "routes" ? "routes" : "patches";
    ends.set(role, Math.min(expires, ends.get(role) ?? expires));
  }
  for (const [role, expires] of ends) {
    const left = expires - now;
    if (left >= config.expiryMs[role] / 4) continue;
    const message =
      left > 0
        ? `${role} expires in ${shownDuration(left)}; run causeway publish before that.`
        : `${role} has expired; run causeway publish.`;
    log({ level: "warning", message });
  }
}
