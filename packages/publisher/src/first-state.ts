import { join } from "node:path";
import { type Instant, InvariantBroken } from "@causeway/kernel";
import type { Config } from "./config/config.ts";
import { removeTree, writeAllDurably } from "./disk/files.ts";
import { signDocument } from "./documents/document.ts";
import { encodeRoot, type TopKeys } from "./documents/root.ts";
import { type DelegatedKeys, encodeTargets } from "./documents/targets.ts";
import { newKey, type PassphraseSource, type RoleName, roleNames } from "./keys/key-file.ts";
import { Keyring } from "./keys/keyring.ts";
import type { Signer } from "./keys/signer.ts";
import type { RoleKeys } from "./keys/tuf-key.ts";
import type { Log } from "./log.ts";
import {
  nothingBefore,
  routeListFile,
  signDelegated,
  signOnline,
  signRoutes,
} from "./publish/sign.ts";
import { type Documents, treeOf } from "./publish/tree.ts";
import { writeMetadata } from "./publish/write-tree.ts";
import type { VendorFolder } from "./vendor-folder.ts";

export type NewKeys = ReadonlyMap<RoleName, readonly Signer[]>;

/** A number for the roles that have several keys; of the others it is 1. */
export type PerRole = Readonly<Record<"root" | "routes", number>>;

/**
 * Makes the keys of all roles.
 * @param passphrase undefined: the keys are written in the clear, for development
 */
export async function makeKeys(
  folder: VendorFolder,
  counts: PerRole,
  passphrase: PassphraseSource | undefined,
): Promise<NewKeys> {
  const signers = new Map<RoleName, readonly Signer[]>();
  for (const role of roleNames) {
    const ofRole: Signer[] = [];
    const count = role === "root" || role === "routes" ? counts[role] : 1;
    while (ofRole.length < count) {
      const key = newKey();
      await key.save({ role, folder: folder.keys, scratch: folder.work, passphrase });
      ofRole.push(key.signer);
    }
    signers.set(role, ofRole);
  }
  return signers;
}

/** Signs and writes the empty repository: version 1 of every document. */
export async function writeFirstState(
  folder: VendorFolder,
  config: Config,
  keys: NewKeys,
  thresholds: PerRole,
  now: Instant,
  log: Log,
): Promise<void> {
  const signers = [...keys.values()].flat();
  const keyring = await Keyring.open(folder, { passphrase: neverAsked, log, signers });
  const { topKeys, delegatedKeys } = roleKeys(keys, thresholds);
  const { expiryMs } = config;
  const root = await signDocument(
    (version, expires) => encodeRoot(version, expires, topKeys),
    1,
    now + expiryMs.root,
    await keyring.signers("root", topKeys.root),
  );
  const targets = await signDocument(
    (version, expires) => encodeTargets(version, expires, delegatedKeys),
    1,
    now + expiryMs.targets,
    await keyring.signers("targets", topKeys.targets),
  );
  const context = { expiryMs, keyring, now, onProgress: () => undefined };
  const list = routeListFile(config, undefined, 0);
  const { entry } = list;
  const routes = await signRoutes(nothingBefore, delegatedKeys.routes, entry, context);
  const delegated = await signDelegated(nothingBefore, delegatedKeys, [], routes, context);
  const online = await signOnline(nothingBefore, topKeys, targets, delegated, context);
  const documents: Documents = { roots: [root], targets, delegated, ...online };
  const tree = treeOf(documents, [list.entry]);
  // The first root is what a client is given, so it must be there before the tree is walked.
  const first = [
    ...tree.targets.map(({ path }) => ({ path, bytes: list.bytes })),
    ...tree.roots.map(({ path, bytes }) => ({ path, bytes })),
  ];
  const files = first.map(({ path, bytes }) => ({ path: join(folder.repository, path), bytes }));
  await writeAllDurably(files, { scratch: folder.work });
  await writeMetadata(folder.repository, tree, [list.entry], now);
  await removeTree(join(folder.repository, ".incoming"));
}

function neverAsked(): Promise<string> {
  return Promise.reject(new InvariantBroken("a key that was just made is unlocked"));
}

function roleKeys(
  keys: NewKeys,
  thresholds: PerRole,
): { readonly topKeys: TopKeys; readonly delegatedKeys: DelegatedKeys } {
  const keysOf = (role: RoleName, threshold = 1): RoleKeys => {
    const signers = keys.get(role) ?? [];
    return {
      keys: new Map(signers.map(({ keyId, publicKey }) => [keyId, publicKey])),
      threshold,
    };
  };
  return {
    topKeys: {
      root: keysOf("root", thresholds.root),
      targets: keysOf("targets"),
      snapshot: keysOf("snapshot"),
      timestamp: keysOf("timestamp"),
    },
    delegatedKeys: { patches: keysOf("patches"), routes: keysOf("routes", thresholds.routes) },
  };
}
