import { join, resolve } from "node:path";
import { toUtcSecond, UsageError } from "@causeway/kernel";
import { sha256Of } from "../disk/digest.ts";
import { removeTree, writeDurably } from "../disk/files.ts";
import { readDocument, sealDocument } from "../documents/document.ts";
import { topKeysOf } from "../documents/root.ts";
import { type Log, silent } from "../log.ts";
import { VendorFolder } from "../vendor-folder.ts";
import { keyFilesIn, type PassphraseSource, unlockKey } from "./key-file.ts";
import { type OfflineRole, type Pending, readPendingFile } from "./pending.ts";
import { progress, type SignatureProgress } from "./sign-root.ts";
import { isSignatureOf, type TufKey } from "./tuf-key.ts";

export interface SignOptions {
  /** The pending document, as `keys/pending/2.root.json`; anywhere, as on a USB stick. */
  readonly file: string;
  /** Sign only with the key whose id starts so; with all of the role's keys when left out. */
  readonly keyId?: string;
  readonly passphrase: PassphraseSource;
  readonly log?: Log;
}

/** What was signed; show it to those whose keys they are. */
export interface Signed {
  readonly file: string;
  readonly role: OfflineRole;
  readonly version: number;
  readonly expires: string;
  /** SHA-256 of what is signed: the same on every machine of the ceremony. */
  readonly digest: string;
  /** Ids of the keys that sign the document now. */
  readonly signatures: readonly string[];
  /** Ids of those that were added. */
  readonly added: readonly string[];
  /**
   * A root: how many of its own keys have signed, and must. As many of the previous root's as that
   * one asks for must sign too, which cannot be told here.
   */
  readonly own: SignatureProgress | undefined;
}

/**
 * Adds the signatures of the offline keys in `DIR/keys` to a pending document. Works where
 * nothing else is: only `DIR/keys/root-*.pem` (or `targets-*.pem`) is needed. The next publish
 * takes the document in once enough keys have signed.
 * @throws {UsageError} `KEY_MISSING` when no key for it is here; `KEY_PASSPHRASE`
 */
export async function signPending(dir: string, options: SignOptions): Promise<Signed> {
  const folder = new VendorFolder(resolve(dir));
  const log = options.log ?? silent;
  const pending = await readPendingFile(resolve(options.file));
  const { role, document } = pending;
  const files = (await keyFilesIn(folder.keys)).filter((file) => {
    return file.role === role && file.shortId.startsWith((options.keyId ?? "").slice(0, 8));
  });
  if (files.length === 0) {
    const message = `${folder.keys} has no ${role} key for it; bring one, or say --dir.`;
    throw new UsageError("KEY_MISSING", message);
  }
  const signatures = new Map(document.signatures);
  const added: string[] = [];
  for (const file of files) {
    const { signer } = await unlockKey(file, options.passphrase, log);
    if (isKept(pending, signer.keyId, signer.publicKey)) continue;
    const signature = await signer.sign(document.signedBytes);
    signatures.set(signer.keyId, Buffer.from(signature).toString("hex"));
    added.push(signer.keyId);
  }
  const bytes = sealDocument(document.signedBytes, signatures);
  const signed = readDocument(bytes, role);
  const scratch = join(resolve(options.file), "..", ".signing");
  await writeDurably({ path: pending.path, bytes }, { scratch });
  await removeTree(scratch);
  return {
    file: pending.path,
    role,
    version: document.version,
    expires: toUtcSecond(document.expires),
    digest: sha256Of(document.signedBytes),
    signatures: [...signatures.keys()],
    added,
    own: role === "root" ? progress(signed, topKeysOf(signed).root) : undefined,
  };
}

function isKept({ document }: Pending, keyId: string, key: TufKey): boolean {
  const signature = document.signatures.get(keyId);
  if (signature === undefined || !/^[0-9a-f]+$/.test(signature)) return false;
  return isSignatureOf(key, document.signedBytes, Buffer.from(signature, "hex"));
}
