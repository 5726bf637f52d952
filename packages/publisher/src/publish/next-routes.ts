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
import type { WaitingList, WaitingLists } from "../routes/waiting-list.ts";
import type { Published } from "./published.ts";
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
export function keptFor(
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
