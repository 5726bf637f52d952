import { join, resolve } from "node:path";
import { asSentence, CausewayError, hashedTargetPath, type Instant } from "@causeway/kernel";
import { type Config, readConfig } from "../config/config.ts";
import { shownDuration } from "../config/shown-duration.ts";
import { removeTree, writeAllDurably } from "../disk/files.ts";
import { takeLock } from "../disk/lock.ts";
import { isSignedBy } from "../documents/document.ts";
import type { RoleName } from "../keys/key-file.ts";
import { Keyring } from "../keys/keyring.ts";
import { type Log, silent } from "../log.ts";
import { makeRouteList } from "../routes/make-list.ts";
import { dropWaitingLists, waitingFor } from "../routes/waiting-list.ts";
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
  readonly refreshed: readonly ("routes" | "snapshot" | "timestamp")[];
  /** When the first of the two is due again: half of its life. */
  readonly due: Instant;
}

/**
 * Signs the snapshot and the timestamp again when less than half of their life is left, and
 * nothing else; what a timer calls. A list of routes that waited for signatures, and now has them,
 * goes out with it. Then brings the repository to every carrier, which also
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
  const { topKeys, targets } = published;
  const extra = signers === undefined ? {} : { signers };
  const keyring = await Keyring.open(folder, { passphrase, log, ...extra });
  const { expiryMs } = config;
  const context = { expiryMs, keyring, now, onProgress: () => undefined };
  const routes = await signedMeanwhile(folder, config, published, now, log);
  const delegated = routes?.delegated ?? published.delegated;
  const online = await signOnline(published, topKeys, targets, delegated, context);
  const documents: Documents = { roots: published.roots, targets, delegated, ...online };
  warnOfOthers({ ...published, delegated }, config, now, log);
  // No path is looked up: that routes have expired must not end what patches need.
  const how = { check: [], now, bytes: routes?.bytes ?? 0, hasOtherRoutes: routes !== undefined };
  const result = await bringOut(folder, config, documents, how, options);
  if (routes !== undefined) await dropWaitingLists(folder, { out: routes.version }, log);
  const { snapshot, timestamp } = online;
  return {
    ...result,
    refreshed: [
      ...(routes === undefined ? [] : (["routes"] as const)),
      ...(snapshot === published.snapshot ? [] : (["snapshot"] as const)),
      ...(timestamp === published.timestamp ? [] : (["timestamp"] as const)),
    ],
    due: Math.min(
      snapshot.expires - expiryMs.snapshot / 2,
      timestamp.expires - expiryMs.timestamp / 2,
    ),
  };
}

/**
 * A list of routes whose signatures have come, if it still is what causeway.yaml says. What is wrong
 * with one is told: it must not end what patches need.
 */
async function signedMeanwhile(
  folder: VendorFolder,
  config: Config,
  published: Published,
  now: Instant,
  log: Log,
): Promise<SignedMeanwhile | undefined> {
  try {
    const keys = published.delegatedKeys.routes;
    const [waiting] = (await waitingFor(folder, published, log)).all;
    if (waiting === undefined || !isSignedBy(waiting.document, keys)) return undefined;
    const { entry, document, listBytes } = waiting;
    const list = await makeRouteList(folder, config, published, log, { waiting: waiting.list });
    if (list.entry.sha256 !== entry.sha256 || document.expires <= now) return undefined;
    const path = `targets/${hashedTargetPath(entry.path, entry.sha256)}`;
    const scratch = join(folder.repository, ".incoming");
    await writeAllDurably([{ path: join(folder.repository, path), bytes: listBytes }], { scratch });
    const delegated = new Map([...published.delegated, ["routes", document] as const]);
    return { delegated, version: document.version, bytes: listBytes.length };
  } catch (error) {
    if (!(error instanceof CausewayError)) throw error;
    const what = "the list of routes that waits is left as it is";
    log({ level: "warning", message: `${what}: ${asSentence(error.message)}` });
    return undefined;
  }
}

interface SignedMeanwhile {
  readonly delegated: Published["delegated"];
  readonly version: number;
  /** That were written. */
  readonly bytes: number;
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
