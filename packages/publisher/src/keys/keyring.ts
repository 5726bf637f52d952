import { UsageError } from "@causeway/kernel";
import { fileLength } from "../disk/files.ts";
import type { Log } from "../log.ts";
import type { VendorFolder } from "../vendor-folder.ts";
import {
  type KeyFile,
  keyFilesIn,
  keyName,
  type PassphraseSource,
  type RoleName,
  unlockKey,
} from "./key-file.ts";
import type { Signer } from "./signer.ts";
import { type RoleKeys, shortKeyId } from "./tuf-key.ts";

export interface KeyringOptions {
  readonly passphrase: PassphraseSource;
  readonly log: Log;
  /** Signers that are no key files, as those of a KMS; they are preferred. */
  readonly signers?: readonly Signer[];
}

/** The private keys at hand. Each is unlocked when it is first needed, and only then. */
export class Keyring {
  readonly #files: readonly KeyFile[];
  readonly #options: KeyringOptions;
  readonly #unlocked = new Map<string, Signer>();
  #hasWarned = false;

  private constructor(files: readonly KeyFile[], options: KeyringOptions) {
    this.#files = files;
    this.#options = options;
    for (const signer of options.signers ?? []) this.#unlocked.set(signer.keyId, signer);
  }

  /** Warns at once when the folder is marked as one of development keys. */
  static async open(folder: VendorFolder, options: KeyringOptions): Promise<Keyring> {
    const keyring = new Keyring(await keyFilesIn(folder.keys), options);
    if ((await fileLength(folder.developmentMark)) !== undefined) keyring.#warnOfDevelopment();
    return keyring;
  }

  /** Makes a key that was just made known, so that its file is not asked for. */
  add(signer: Signer): void {
    this.#unlocked.set(signer.keyId, signer);
  }

  has(role: RoleName, keyId: string): boolean {
    return this.#unlocked.has(keyId) || this.#file(role, keyId) !== undefined;
  }

  /** How many of the role's keys are at hand. */
  count(role: RoleName, keys: RoleKeys): number {
    return [...keys.keys.keys()].filter((keyId) => this.has(role, keyId)).length;
  }

  /**
   * As many signers as the role's threshold asks for.
   * @throws {UsageError} `KEY_MISSING` when fewer are at hand; no key was unlocked then
   */
  async signers(role: RoleName, keys: RoleKeys): Promise<readonly Signer[]> {
    const atHand = [...keys.keys.keys()].filter((keyId) => this.has(role, keyId));
    if (atHand.length < keys.threshold) throw missing(role, keys, atHand);
    const signers: Signer[] = [];
    for (const keyId of atHand.slice(0, keys.threshold)) {
      signers.push(await this.signer(role, keyId));
    }
    return signers;
  }

  /** @throws {UsageError} `KEY_MISSING`, `KEY_PASSPHRASE`, `KEY_UNREADABLE` */
  async signer(role: RoleName, keyId: string): Promise<Signer> {
    const known = this.#unlocked.get(keyId);
    if (known !== undefined) return known;
    const file = this.#file(role, keyId);
    if (file === undefined) {
      throw new UsageError("KEY_MISSING", `the key ${keyName(role, keyId)} is not in keys/.`);
    }
    const unlocked = await unlockKey(file, this.#options.passphrase, this.#options.log);
    const { signer } = unlocked;
    if (!unlocked.encrypted) this.#warnOfDevelopment();
    if (signer.keyId !== keyId) {
      const message = `${file.path} holds another key than the signed metadata names.`;
      throw new UsageError("KEY_UNREADABLE", message);
    }
    this.#unlocked.set(keyId, signer);
    return signer;
  }

  #warnOfDevelopment(): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const message = "development keys without passphrases are in use: never for customers.";
    this.#options.log({ level: "warning", message });
  }

  #file(role: RoleName, keyId: string): KeyFile | undefined {
    const shortId = shortKeyId(keyId);
    return this.#files.find((file) => file.role === role && file.shortId === shortId);
  }
}

function missing(role: RoleName, keys: RoleKeys, atHand: readonly string[]): UsageError {
  const absent = [...keys.keys.keys()].filter((keyId) => !atHand.includes(keyId));
  const names = absent.map((keyId) => `${keyName(role, keyId)}.pem`).join(", ");
  const need = `${role} needs ${keys.threshold} of ${keys.keys.size} keys, ${atHand.length} here`;
  return new UsageError("KEY_MISSING", `${need}; put ${names} into keys/ and run this again.`);
}
