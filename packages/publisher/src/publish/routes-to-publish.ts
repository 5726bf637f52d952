import { asSentence, type Instant, invariant, UsageError } from "@causeway/kernel";
import { shownDuration } from "../config/shown-duration.ts";
import { isSignedBy, type SignedDocument } from "../documents/document.ts";
import type { TargetEntry } from "../documents/target-entry.ts";
import type { RoleKeys } from "../keys/tuf-key.ts";
import type { Log } from "../log.ts";
import type { MadeList } from "../routes/make-list.ts";
import { dropWaitingLists, listedWaiting, writeWaitingList } from "../routes/waiting-list.ts";
import type { VendorFolder } from "../vendor-folder.ts";
import { keptFor, nextRoutes, type RoutesContext } from "./next-routes.ts";
import { type Published, routeListEntry } from "./published.ts";
import { isGood } from "./renew.ts";
import { wantedRoutes } from "./sign.ts";

/** What a publish brings out of routes. */
export interface PublishedRoutes {
  readonly document: SignedDocument;
  readonly entry: TargetEntry;
  /** Undefined when the list that is public stays. */
  readonly bytes: Uint8Array | undefined;
  /** The version of the document that waits, if one does. */
  readonly waits?: number;
}

/**
 * The next list when enough keys have signed it; otherwise it is left to wait, if a key is here, and
 * the one that is public stays, as long as it lasts: a patch need not wait for who signs routes.
 * @throws {UsageError} `KEY_THRESHOLD`, `KEY_MISSING` when it cannot stay
 */
export async function routesToPublish(
  folder: VendorFolder,
  published: Published,
  list: MadeList,
  context: RoutesContext,
  log: Log,
): Promise<PublishedRoutes> {
  const { expiryMs, keyring, keys, now } = context;
  const stays = staying(published, list, context);
  const isOut = isGood(wantedRoutes(published, keys, expiryMs.routes, list.entry), now);
  const needsKey = !isOut && keptFor(list.entry, context) === undefined;
  if (stays !== undefined && needsKey && keyring.count("routes", keys) === 0) {
    warnOfStaying(
      stays.document,
      "none of its keys is here; put one into keys/ and publish again",
      now,
      log,
    );
    return stays;
  }
  const next = await nextRoutes(published, list.entry, context);
  if (next.isComplete) return { document: next.document, entry: list.entry, bytes: list.bytes };
  await writeWaitingList(folder, next.document, list.bytes);
  // Here, since what follows may fail: somebody would sign the older one in vain.
  const kept = next.document.version;
  const out = published.versions.get("routes") ?? 0;
  await dropWaitingLists(folder, { kept, out }, log);
  const why = stillNeeds(folder, next.document, keys);
  if (stays === undefined) {
    const what = "the list of routes that is public is damaged, has expired, or lost its keys";
    throw new UsageError("KEY_THRESHOLD", `${what}: ${why}`);
  }
  warnOfStaying(stays.document, why, now, log);
  return { ...stays, waits: kept };
}

function warnOfStaying(
  { version, expires }: SignedDocument,
  why: string,
  now: Instant,
  log: Log,
): void {
  const message = `routes stays at version ${version} for now (${shownDuration(expires - now)} left)`;
  log({ level: "warning", message: `${message}: ${asSentence(why)}` });
}

/** What is public, where that can go on as it is. */
function staying(
  published: Published,
  list: MadeList,
  { keys, now }: RoutesContext,
): PublishedRoutes | undefined {
  const document = published.delegated.get("routes");
  const entry = routeListEntry(published.delegated);
  if (document === undefined || entry === undefined || list.last === undefined) return undefined;
  const lasts = isSignedBy(document, keys) && document.expires > now;
  return lasts ? { document, entry, bytes: undefined } : undefined;
}

function stillNeeds(folder: VendorFolder, document: SignedDocument, keys: RoleKeys): string {
  const { file, signatures, threshold } = listedWaiting(folder, document, keys);
  invariant(signatures < threshold, "what is complete does not wait");
  return `${file} has ${signatures} of ${threshold} signatures; run causeway keys sign on it where another key is.`;
}
