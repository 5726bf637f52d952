import { generateKeyPairSync } from "node:crypto";
import { open } from "node:fs/promises";
import { errnoOf, toHostError } from "@causeway/client/internal/host-error";
import { UsageError } from "@causeway/kernel";
import type { Log } from "../log.ts";
import { type PassphraseSource, unlockPem } from "./key-file.ts";
import { encryptKey } from "./pkcs8.ts";
import { keySigner, type Signer } from "./signer.ts";

/** The key of a person, who approves with it. It speaks for no role of the repository. */
export interface PersonalKey {
  /** 64 hexadecimal digits. */
  readonly publicKey: string;
  readonly sign: Signer["sign"];
}

/**
 * Makes an Ed25519 key and its encrypted file (0600).
 * @returns the public half
 * @throws {UsageError} `USAGE_EXISTS`, `KEY_PASSPHRASE` @throws {HostError}
 */
export async function makePersonalKey(file: string, passphrase: string): Promise<string> {
  const { privateKey } = generateKeyPairSync("ed25519");
  const text = await encryptKey(privateKey, passphrase);
  try {
    const handle = await open(file, "wx", 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (errnoOf(cause) !== "EEXIST") throw toHostError(cause, `write ${file}`);
    throw new UsageError("USAGE_EXISTS", `${file} is there already; name another file.`, { cause });
  }
  return keySigner(privateKey).publicKey.public;
}

/** @throws {UsageError} `KEY_MISSING`, `KEY_PASSPHRASE`, `KEY_UNREADABLE` @throws {HostError} */
export async function openPersonalKey(
  file: string,
  passphrase: PassphraseSource,
  log: Log,
): Promise<PersonalKey> {
  const { signer } = await unlockPem(file, passphrase, log);
  return { publicKey: signer.publicKey.public, sign: (bytes) => signer.sign(bytes) };
}
