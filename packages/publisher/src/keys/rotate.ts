import { relative, resolve } from "node:path";
import { type Instant, invariant, UsageError } from "@causeway/kernel";
import { type Config, readConfig } from "../config/config.ts";
import { fileLength, removeTree } from "../disk/files.ts";
import { takeLock } from "../disk/lock.ts";
import { type Encode, type SignedDocument, signDocument } from "../documents/document.ts";
import { type TopKeys, topKeysOf } from "../documents/root.ts";
import { type DelegatedKeys, delegatedKeysOf, encodeTargets } from "../documents/targets.ts";
import { type Log, silent } from "../log.ts";
import { type Published, readPublished } from "../publish/published.ts";
import { VendorFolder } from "../vendor-folder.ts";
import {
  type NewKey,
  newKey,
  type PassphraseSource,
  type RoleName,
  roleNames,
} from "./key-file.ts";
import { Keyring } from "./keyring.ts";
import { type OfflineRole, readPending, writePending } from "./pending.ts";
import { isRootComplete, signRoot } from "./sign-root.ts";
import type { Signer } from "./signer.ts";
import { type RoleKeys, shortKeyId, type TufKey } from "./tuf-key.ts";

const roleKeysMax = 16;

export interface RotateOptions {
  readonly role: string;
  /** Which of the role's keys to replace, by the start of its id; the first one when left out. */
  readonly keyId?: string;
  /** How many of the role's keys must agree from then on; as before when left out. */
  readonly threshold?: number;
  /** How many keys the role has then, with new ones beside the one that is replaced. */
  readonly keys?: number;
  readonly passphrase: PassphraseSource;
  /** Gives the passphrase of the new key; `passphrase` does when left out. */
  readonly newPassphrase?: PassphraseSource;
  readonly signers?: readonly Signer[];
  readonly now?: () => Instant;
  readonly log?: Log;
}

/** A rotation that was prepared; the next publish makes it public once it is complete. */
export interface Rotated {
  readonly role: RoleName;
  readonly oldKeyId: string;
  readonly newKeyId: string;
  /** Those that came beside it. */
  readonly addedKeyIds: readonly string[];
  readonly threshold: number;
  /** How many keys the role has. */
  readonly keys: number;
  /** The document that says so, below the vendor folder. */
  readonly pending: string;
  /** False while signatures are missing: `causeway keys sign` adds them. */
  readonly complete: boolean;
}

/**
 * Makes a new key for the role in place of an old one, and prepares the document that says so:
 * the next root (signed by the old root's threshold and its own), or the next targets document
 * for `patches` and `routes`. Signs with the keys at hand; the others can be elsewhere. The old
 * key file stays until you remove it.
 * @throws {UsageError} `USAGE_ARGUMENT`, `KEY_MISSING`, `KEY_PASSPHRASE`
 */
export async function rotateKey(dir: string, options: RotateOptions): Promise<Rotated> {
  const role = roleNames.find((known) => known === options.role);
  if (role === undefined) {
    const message = `${JSON.stringify(options.role)} is no role; there are ${roleNames.join(", ")}.`;
    throw new UsageError("USAGE_ARGUMENT", message);
  }
  const folder = new VendorFolder(resolve(dir));
  const config = await readConfig(folder.config);
  const lock = takeLock(folder.lock);
  try {
    await removeTree(folder.work);
    return await new Rotation(folder, config, role, options).run();
  } finally {
    await removeTree(folder.work).catch(() => undefined); // the next run does it
    lock.release();
  }
}

class Rotation {
  readonly #folder: VendorFolder;
  readonly #config: Config;
  readonly #role: RoleName;
  readonly #options: RotateOptions;
  readonly #now: Instant;

  constructor(folder: VendorFolder, config: Config, role: RoleName, options: RotateOptions) {
    this.#folder = folder;
    this.#config = config;
    this.#role = role;
    this.#options = options;
    this.#now = (options.now ?? Date.now)();
  }

  async run(): Promise<Rotated> {
    const { passphrase, signers } = this.#options;
    const log = this.#options.log ?? silent;
    const extra = signers === undefined ? {} : { signers };
    const keyring = await Keyring.open(this.#folder, { passphrase, log, ...extra });
    const published = await readPublished(this.#folder.repository);
    const role = this.#role;
    return role === "patches" || role === "routes"
      ? this.#rotateDelegated(role, published, keyring)
      : this.#rotateTop(role, published, keyring);
  }

  async #rotateTop(role: keyof TopKeys, published: Published, keyring: Keyring): Promise<Rotated> {
    const { root, topKeys } = published;
    const waiting = await readPending(this.#folder, "root", root.version);
    const keys = waiting === undefined ? topKeys : topKeysOf(waiting.document);
    const old = this.#oldKey(keys[role]);
    const fresh = this.#newKeys(keys[role]);
    for (const { signer } of fresh) keyring.add(signer);
    const own = this.#replaced(keys[role], old, fresh);
    const next: TopKeys = { ...keys, [role]: own };
    const expires = this.#now + this.#config.expiryMs.root;
    const wanted = { keys: next, version: root.version + 1, expires };
    const document = await signRoot(wanted, topKeys.root, keyring);
    const complete = isRootComplete(document, topKeys.root, next.root);
    return this.#result("root", document, { old, fresh, own, complete });
  }

  async #rotateDelegated(
    role: keyof DelegatedKeys,
    published: Published,
    keyring: Keyring,
  ): Promise<Rotated> {
    const { targets, topKeys } = published;
    const waiting = await readPending(this.#folder, "targets", targets.version);
    const base: SignedDocument = waiting?.document ?? targets;
    const keys = delegatedKeysOf(base);
    const old = this.#oldKey(keys[role]);
    const authority = topKeys.targets;
    const atHand = keyring.count("targets", authority) >= authority.threshold;
    const signers = atHand ? await keyring.signers("targets", authority) : [];
    const fresh = this.#newKeys(keys[role]);
    const own = this.#replaced(keys[role], old, fresh);
    const next: DelegatedKeys = { ...keys, [role]: own };
    const version = targets.version + 1;
    const expires = this.#now + this.#config.expiryMs.targets;
    const encode: Encode = (...when) => encodeTargets(...when, next);
    const document = await signDocument(encode, version, expires, signers);
    return this.#result("targets", document, { old, fresh, own, complete: atHand });
  }

  #oldKey(keys: RoleKeys): string {
    const { keyId = "" } = this.#options;
    const found = [...keys.keys.keys()].find((known) => known.startsWith(keyId.toLowerCase()));
    if (found !== undefined) return found;
    const known = [...keys.keys.keys()].map(shortKeyId).join(", ");
    const message = `${this.#role} has no key ${keyId}; it has ${known}.`;
    throw new UsageError("USAGE_ARGUMENT", message);
  }

  /** The one that replaces another, and those that come beside it. */
  #newKeys({ keys: { size } }: RoleKeys): readonly NewKey[] {
    const wanted = this.#options.keys ?? Math.max(size, this.#options.threshold ?? 1);
    if (wanted >= size && wanted <= roleKeysMax) {
      return [newKey(), ...Array.from({ length: wanted - size }, newKey)];
    }
    const message = `${this.#role} has ${size} keys, and can have that many to ${roleKeysMax}.`;
    throw new UsageError("USAGE_ARGUMENT", message);
  }

  /** One key in another's place, the others after those that were there. */
  #replaced(keys: RoleKeys, oldKeyId: string, [first, ...others]: readonly NewKey[]): RoleKeys {
    const entries = [...keys.keys].map(([keyId, key]) => {
      const { signer } = first ?? {};
      return keyId === oldKeyId && signer ? entryOf(signer) : ([keyId, key] as const);
    });
    const all = new Map([...entries, ...others.map(({ signer }) => entryOf(signer))]);
    const threshold = this.#options.threshold ?? keys.threshold;
    if (threshold >= 1 && threshold <= all.size) return { keys: all, threshold };
    const message = `${this.#role} has ${all.size} keys then; no more than that can have to agree.`;
    throw new UsageError("USAGE_ARGUMENT", message);
  }

  async #result(
    role: OfflineRole,
    document: SignedDocument,
    { old, fresh, own, complete }: Replacement,
  ): Promise<Rotated> {
    for (const key of fresh) await this.#save(key);
    const path = await writePending(this.#folder, role, document.version, document.bytes);
    const [first, ...added] = fresh.map(({ signer }) => signer.keyId);
    invariant(first !== undefined, "a rotation makes at least one key");
    return {
      role: this.#role,
      oldKeyId: old,
      newKeyId: first,
      addedKeyIds: added,
      threshold: own.threshold,
      keys: own.keys.size,
      pending: relative(this.#folder.path, path),
      complete,
    };
  }

  /**
   * Only after all has been signed, and so every passphrase was right: a new key must not be
   * locked with a mistyped one. Encrypted, unless the folder is one of development keys.
   */
  async #save(fresh: NewKey): Promise<void> {
    const isDevelopment = (await fileLength(this.#folder.developmentMark)) !== undefined;
    const { passphrase, newPassphrase = passphrase } = this.#options;
    await fresh.save({
      role: this.#role,
      folder: this.#folder.keys,
      scratch: this.#folder.work,
      passphrase: isDevelopment ? undefined : newPassphrase,
    });
  }
}

/** What a rotation does to one role. */
interface Replacement {
  readonly old: string;
  readonly fresh: readonly NewKey[];
  readonly own: RoleKeys;
  readonly complete: boolean;
}

function entryOf({ keyId, publicKey }: Signer): readonly [string, TufKey] {
  return [keyId, publicKey];
}
