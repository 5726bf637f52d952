import { asSentence, CausewayError, type Instant, UsageError } from "@causeway/kernel";
import type { Config } from "../config/config.ts";
import { shownDuration } from "../config/shown-duration.ts";
import {
  type Encode,
  isSignedBy,
  type SignedDocument,
  signDocument,
} from "../documents/document.ts";
import { type TopKeys, topKeysOf } from "../documents/root.ts";
import { type DelegatedKeys, delegatedKeysOf, encodeTargets } from "../documents/targets.ts";
import type { Keyring } from "../keys/keyring.ts";
import { type OfflineRole, readPending, writePending } from "../keys/pending.ts";
import { isRootComplete, rootProgress, signRoot } from "../keys/sign-root.ts";
import type { Signer } from "../keys/signer.ts";
import type { Log } from "../log.ts";
import type { VendorFolder } from "../vendor-folder.ts";
import { bridged } from "./bridge.ts";
import type { Published } from "./published.ts";
import { isDue } from "./renew.ts";

/*
 * The documents whose keys are kept offline: root and targets. They change by a rotation that
 * waits in keys/pending, or because they are about to expire. While that is not urgent, a
 * missing key is a warning, not an obstacle to publishing a patch.
 */

export interface OfflineContext {
  readonly folder: VendorFolder;
  readonly config: Config;
  readonly keyring: Keyring;
  readonly now: Instant;
  readonly log: Log;
}

export interface OfflineDocuments {
  /** The root that this publish adds, if any. */
  readonly newRoot: SignedDocument | undefined;
  readonly topKeys: TopKeys;
  readonly targets: SignedDocument;
  readonly delegatedKeys: DelegatedKeys;
}

const dueShare = 1 / 4; // a quarter of a year to bring the keys together

/** @throws {UsageError} `KEY_MISSING`, `KEY_THRESHOLD`, `KEY_PASSPHRASE` when it is urgent */
export async function offlineDocuments(
  published: Published,
  context: OfflineContext,
): Promise<OfflineDocuments> {
  const newRoot = await nextRoot(published, context);
  const topKeys = newRoot === undefined ? published.topKeys : topKeysOf(newRoot);
  const last = newRoot === undefined ? undefined : published.topKeys;
  const next = await nextTargets(published, topKeys, context);
  const targets = await bridged(next, "targets", last, context.keyring);
  return { newRoot, topKeys, targets, delegatedKeys: delegatedKeysOf(targets) };
}

async function nextRoot(
  published: Published,
  context: OfflineContext,
): Promise<SignedDocument | undefined> {
  const { root, topKeys } = published;
  const { folder, keyring, config, now } = context;
  const old = topKeys.root;
  const pending = await readPending(folder, "root", root.version);
  if (pending !== undefined) {
    const { document, path } = pending;
    const own = topKeysOf(document).root;
    if (isRootComplete(document, old, own)) return document;
    const { signatures, threshold } = rootProgress(document, old, own);
    notYet("root", root, `${path} has ${signatures} of ${threshold} signatures`, context);
    return undefined;
  }
  if (!isDue(root, config.expiryMs.root, now, dueShare)) return undefined;
  const expires = now + config.expiryMs.root;
  const next = { keys: topKeys, version: root.version + 1, expires };
  const signed = await unlessNotUrgent("root", root, context, () => {
    return signRoot(next, old, keyring);
  });
  if (signed === undefined) return undefined;
  if (isRootComplete(signed, old, old)) return signed;
  const path = await writePending(folder, "root", signed.version, signed.bytes);
  notYet("root", root, `sign ${path} with causeway keys sign`, context);
  return undefined;
}

async function nextTargets(
  published: Published,
  topKeys: TopKeys,
  context: OfflineContext,
): Promise<SignedDocument> {
  const { targets } = published;
  const { folder, keyring, config, now } = context;
  const keys = topKeys.targets;
  const pending = await readPending(folder, "targets", targets.version);
  const life = config.expiryMs.targets;
  const candidate = pending?.document ?? targets;
  if (isSignedBy(candidate, keys) && !isDue(candidate, life, now, dueShare)) return candidate;
  const delegated = delegatedKeysOf(candidate);
  // What waits for signatures has the version by which it is found again.
  const isAtHand = keyring.count("targets", keys) >= keys.threshold;
  const taken = isAtHand ? published.written.get("targets") : undefined;
  const version = (taken ?? targets.version) + 1;
  const encode: Encode = (...when) => encodeTargets(...when, delegated);
  const signed = async (signers: readonly Signer[]): Promise<SignedDocument> => {
    return signDocument(encode, version, now + life, signers);
  };
  const isRefused = !isSignedBy(targets, keys); // the new root took its key away
  if (isAtHand) {
    const renew = async () => signed(await keyring.signers("targets", keys));
    if (isRefused) return renew();
    return (await unlessNotUrgent("targets", targets, context, renew)) ?? targets;
  }
  const path =
    pending?.path ??
    (await writePending(folder, "targets", targets.version + 1, (await signed([])).bytes));
  const why = `sign ${path} with causeway keys sign`;
  if (isRefused) {
    throw new UsageError("KEY_THRESHOLD", `the new root needs targets signed by its key: ${why}.`);
  }
  notYet("targets", targets, why, context);
  return targets;
}

/** Does `act`; when a key is missing or stays locked and the current document still lasts, warns. */
async function unlessNotUrgent(
  role: OfflineRole,
  current: SignedDocument,
  context: OfflineContext,
  act: () => Promise<SignedDocument>,
): Promise<SignedDocument | undefined> {
  try {
    return await act();
  } catch (error) {
    const isAboutKeys = error instanceof CausewayError && error.code.startsWith("KEY_");
    if (!isAboutKeys || current.expires <= context.now) throw error;
    notYet(role, current, error.message, context);
    return undefined;
  }
}

function notYet(
  role: OfflineRole,
  current: SignedDocument,
  why: string,
  { now, log }: OfflineContext,
): void {
  const left = current.expires - now;
  if (left <= 0) {
    throw new UsageError(
      "KEY_THRESHOLD",
      `${role} has expired, so no client updates: ${asSentence(why)}`,
    );
  }
  const message = `${role} stays at version ${current.version} for now (${shownDuration(left)} left)`;
  log({ level: "warning", message: `${message}: ${asSentence(why)}` });
}
