import { asSentence, type Instant, invariant, UsageError } from "@causeway/kernel";
import { shownDuration } from "../config/shown-duration.ts";
import {
  isSignedBy,
  type SignedDocument,
  signatureCount,
  signDocument,
  withSignatures,
} from "../documents/document.ts";
import type { TargetEntry } from "../documents/target-entry.ts";
import type { Keyring } from "../keys/keyring.ts";
import type { Signer } from "../keys/signer.ts";
import type { RoleKeys } from "../keys/tuf-key.ts";
import type { Log } from "../log.ts";
import type { MadeList } from "../routes/make-list.ts";
import {
  listedWaiting,
  type WaitingList,
  type WaitingLists,
  writeWaitingList,
} from "../routes/waiting-list.ts";
import type { VendorFolder } from "../vendor-folder.ts";
import { type Published, routeListEntry } from "./published.ts";
import { isDue, isGood, renewed } from "./renew.ts";
import { type SignContext, wantedRoutes } from "./sign.ts";

/** The document that is to vouch for the list of routes. */
export interface NextRoutes {
  readonly document: SignedDocument;
  /** False while it has to wait for signatures of keys that are elsewhere. */
  readonly isComplete: boolean;
}

export interface RoutesContext extends Pick<SignContext, "expiryMs" | "keyring" | "now"> {
  readonly keys: RoleKeys;
  readonly waiting: WaitingLists;
}

/**
 * The document that is out, if it says so already; one that waits, with what the keys here can add;
 * or the next one. Writes nothing.
 * @throws {UsageError} `KEY_MISSING` when none of the keys is here; `KEY_PASSPHRASE`
 */
export async function nextRoutes(
  published: Published,
  entry: TargetEntry,
  context: RoutesContext,
): Promise<NextRoutes> {
  const { expiryMs, keyring, now, keys, waiting } = context;
  const lifeMs = expiryMs.routes;
  const wanted = wantedRoutes(published, keys, lifeMs, entry);
  if (isGood(wanted, now) && wanted.current !== undefined) {
    return { document: wanted.current, isComplete: true };
  }
  const kept = keptFor(entry, context);
  const takenVersion = Math.max(wanted.takenVersion, waiting.versionMax);
  const count = keyring.count("routes", keys);
  if (kept === undefined && (count === 0 || count >= keys.threshold)) {
    const signers = await keyring.signers("routes", keys);
    return { document: await renewed({ ...wanted, takenVersion }, signers, now), isComplete: true };
  }
  const begun =
    kept?.document ?? (await signDocument(wanted.encode, takenVersion + 1, now + lifeMs, []));
  const document = await withSignatures(begun, await lackingSigners(begun, keys, keyring));
  return { document, isComplete: isSignedBy(document, keys) };
}

/** What waits for signatures and says so, and lasts. */
function keptFor(
  entry: TargetEntry,
  { expiryMs, now, waiting }: RoutesContext,
): WaitingList | undefined {
  return waiting.all.find((each) => {
    return each.entry.sha256 === entry.sha256 && !isDue(each.document, expiryMs.routes, now, 1 / 4);
  });
}

/** Keys here that have not signed it, no more than it needs. */
async function lackingSigners(
  document: SignedDocument,
  keys: RoleKeys,
  keyring: Keyring,
): Promise<readonly Signer[]> {
  const lacking = keys.threshold - signatureCount(document, keys);
  const others = [...keys.keys].filter(([keyId, key]) => {
    const alone = { keys: new Map([[keyId, key]]), threshold: 1 };
    return !isSignedBy(document, alone) && keyring.has("routes", keyId);
  });
  const signers: Signer[] = [];
  for (const [keyId] of others.slice(0, Math.max(0, lacking))) {
    signers.push(await keyring.signer("routes", keyId));
  }
  return signers;
}

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
    warnOfStaying(stays.document, "none of its keys is here", now, log);
    return stays;
  }
  const next = await nextRoutes(published, list.entry, context);
  if (next.isComplete) return { document: next.document, entry: list.entry, bytes: list.bytes };
  await writeWaitingList(folder, next.document, list.bytes);
  const why = stillNeeds(folder, next.document, keys);
  if (stays === undefined) {
    const what = "the list of routes that is public is damaged, has expired, or lost its keys";
    throw new UsageError("KEY_THRESHOLD", `${what}: ${why}`);
  }
  warnOfStaying(stays.document, why, now, log);
  return { ...stays, waits: next.document.version };
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
