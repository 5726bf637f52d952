import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { toHostError } from "@causeway/client/internal/host-error";
import { UsageError } from "@causeway/kernel";
import { namesIn, readFileUpTo, writeDurably } from "../disk/files.ts";
import type { Log } from "../log.ts";
import { encryptKey, isEncryptedPem, readKey, unsafePlainKey } from "./pkcs8.ts";
import { keySigner, type Signer } from "./signer.ts";
import { shortKeyId } from "./tuf-key.ts";

/**
 * Gives the passphrase of one private key, named as its file without `.pem`. `refused` is the
 * passphrase that it gave before and that does not open this key: one who has no other gives the
 * same again, which ends the asking.
 */
export type PassphraseSource = (keyName: string, refused?: string) => Promise<string>;

export type RoleName = "root" | "targets" | "patches" | "routes" | "snapshot" | "timestamp";
export const roleNames: readonly RoleName[] = [
  "root",
  "targets",
  "patches",
  "routes",
  "snapshot",
  "timestamp",
];

/** A private key in the keys folder: `patches-3fa94c1b.pem`. */
export interface KeyFile {
  readonly path: string;
  readonly role: RoleName;
  /** The first eight digits of the key's id. */
  readonly shortId: string;
}

const keyFileBytesMax = 16 * 1024;

export function keyName(role: RoleName, keyId: string): string {
  return `${role}-${shortKeyId(keyId)}`;
}

/** All key files in the folder, by name; other files are passed over. */
export async function keyFilesIn(folder: string): Promise<readonly KeyFile[]> {
  const found: KeyFile[] = [];
  for (const name of await namesIn(folder)) {
    const match = /^([a-z]+)-([0-9a-f]{8})\.pem$/.exec(name);
    const role = roleNames.find((known) => known === match?.[1]);
    if (role === undefined || match?.[2] === undefined) continue;
    found.push({ path: join(folder, name), role, shortId: match[2] });
  }
  return found;
}

export interface KeyPlace {
  readonly role: RoleName;
  readonly folder: string;
  readonly scratch: string;
  /** Absent: the key is written in the clear, for development. */
  readonly passphrase: PassphraseSource | undefined;
}

/** A key that was just made, and can sign before it has a file. */
export interface NewKey {
  readonly signer: Signer;
  /** Writes its file (0600). */
  save(place: KeyPlace): Promise<void>;
}

export function newKey(): NewKey {
  const { privateKey } = generateKeyPairSync("ed25519");
  const signer = keySigner(privateKey);
  return {
    signer,
    async save({ role, folder, scratch, passphrase }) {
      const name = keyName(role, signer.keyId);
      const text =
        passphrase === undefined
          ? unsafePlainKey(privateKey)
          : await encryptKey(privateKey, await passphrase(name));
      const file = { path: join(folder, `${name}.pem`), bytes: Buffer.from(text) };
      await writeDurably(file, { scratch, mode: 0o600 });
    },
  };
}

export async function isEncryptedKeyFile(file: KeyFile): Promise<boolean> {
  return isEncryptedPem(await readKeyText(file.path));
}

/** A key that is ready to sign, and whether its file kept it secret. */
export interface UnlockedKey {
  readonly signer: Signer;
  readonly encrypted: boolean;
}

/**
 * Reads a key file and unlocks it.
 * @throws {UsageError} `KEY_PASSPHRASE`, `KEY_UNREADABLE`, `KEY_MISSING`
 */
export async function unlockKey(
  file: KeyFile,
  passphrase: PassphraseSource,
  log: Log,
): Promise<UnlockedKey> {
  const unlocked = await unlockPem(file.path, passphrase, log);
  if (shortKeyId(unlocked.signer.keyId) === file.shortId) return unlocked;
  const message = `${file.path} holds another key than its name says; restore it from a copy.`;
  throw new UsageError("KEY_UNREADABLE", message);
}

/** As `unlockKey`, of a key whose file has any name. */
export async function unlockPem(
  path: string,
  passphrase: PassphraseSource,
  log: Log,
): Promise<UnlockedKey> {
  const name = basename(path, ".pem");
  await warnIfShared(path, log);
  const text = await readKeyText(path);
  const encrypted = isEncryptedPem(text);
  const key = encrypted ? await decrypt(text, passphrase, name) : readKey(text, undefined, name);
  return { signer: keySigner(key), encrypted };
}

async function decrypt(
  text: string,
  passphrase: PassphraseSource,
  name: string,
): Promise<KeyObject> {
  let given = await passphrase(name);
  for (;;) {
    try {
      return readKey(text, given, name);
    } catch (error) {
      if (!(error instanceof UsageError) || error.code !== "KEY_PASSPHRASE") throw error;
      const other = await passphrase(name, given);
      if (other === given) throw error;
      given = other;
    }
  }
}

async function readKeyText(path: string): Promise<string> {
  const bytes = await readFileUpTo(path, keyFileBytesMax);
  if (bytes !== undefined) return Buffer.from(bytes).toString("latin1");
  throw new UsageError("KEY_MISSING", `${path} is not there; restore it from a copy.`);
}

/** Of a secret that others on this machine can read. */
export async function warnIfShared(path: string, log: Log): Promise<void> {
  if (process.platform === "win32") return; // modes say nothing there
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) === 0) return;
  } catch (cause) {
    throw toHostError(cause, `look at ${path}`);
  }
  log({
    level: "warning",
    message: `others on this machine can read ${path}; run: chmod 600 ${path}`,
  });
}
