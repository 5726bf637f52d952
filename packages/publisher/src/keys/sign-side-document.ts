import { resolve } from "node:path";
import type { Instant, JsonInput } from "@causeway/kernel";
import { readConfig } from "../config/config.ts";
import { common, signDocument } from "../documents/document.ts";
import { type Log, silent } from "../log.ts";
import { readPublished } from "../publish/published.ts";
import { VendorFolder } from "../vendor-folder.ts";
import type { PassphraseSource } from "./key-file.ts";
import { Keyring } from "./keyring.ts";
import type { Signer } from "./signer.ts";

/** What operators tell their own origins. It is signed, and never published. */
export interface SideDocument {
  /** Its `_type`, which no document of a repository has: no signature is good for both. */
  readonly type: string;
  readonly members: { readonly [name: string]: JsonInput };
  readonly version: number;
  readonly expires: Instant;
}

export interface SideDocumentOptions {
  readonly passphrase: PassphraseSource;
  readonly signers?: readonly Signer[];
  readonly log?: Log;
}

/**
 * Signs a document with the keys of `routes`, which can move traffic and nothing else. It changes
 * nothing, and needs no lock: a publish that takes long must not keep operators waiting.
 * @throws {UsageError} `CONFIG_MISSING`, `KEY_MISSING`, `KEY_PASSPHRASE`
 * @throws {HostError}
 */
export async function signSideDocument(
  dir: string,
  { type, members, version, expires }: SideDocument,
  options: SideDocumentOptions,
): Promise<Uint8Array> {
  const folder = new VendorFolder(resolve(dir));
  await readConfig(folder.config);
  const { delegatedKeys } = await readPublished(folder.repository);
  const { passphrase, signers, log = silent } = options;
  const keyring = await Keyring.open(folder, {
    passphrase,
    log,
    ...(signers !== undefined && { signers }),
  });
  const document = await signDocument(
    (ownVersion, end) => ({ ...members, ...common(type, ownVersion, end) }),
    version,
    expires,
    await keyring.signers("routes", delegatedKeys.routes),
  );
  return document.bytes;
}
