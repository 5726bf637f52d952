import { join, resolve } from "node:path";
import { type Instant, toUtcSecond, UsageError } from "@causeway/kernel";
import { sha256Of } from "../disk/digest.ts";
import { removeTree, writeDurably } from "../disk/files.ts";
import { type SignedDocument, withSignatures } from "../documents/document.ts";
import { topKeysOf } from "../documents/root.ts";
import { type Log, silent } from "../log.ts";
import { judgeWaitingList, type ListDifference } from "../routes/judge-waiting-list.ts";
import { encodeWaitingList, isWaitingName } from "../routes/waiting-list.ts";
import { VendorFolder } from "../vendor-folder.ts";
import { keyFilesIn, type PassphraseSource, unlockKey } from "./key-file.ts";
import { readPendingFile, type WaitingRole } from "./pending.ts";
import { progress, type SignatureProgress } from "./sign-root.ts";
import type { Signer } from "./signer.ts";
import { isSignatureOf, shortKeyId, type TufKey } from "./tuf-key.ts";

export interface SignOptions {
  /** The pending document, as `keys/pending/2.root.json`; anywhere, as on a USB stick. */
  readonly file: string;
  /** Sign only with the key whose id starts so; with all of the role's keys when left out. */
  readonly keyId?: string;
  readonly passphrase: PassphraseSource;
  /** What was looked at before, as `Signed` tells it: anything else is not signed. */
  readonly digest?: string;
  /** Tells what would be signed, and signs nothing. */
  readonly isDry?: boolean;
  readonly now?: () => Instant;
  readonly log?: Log;
}

/** What was signed; show it to those whose keys they are. */
export interface Signed {
  readonly file: string;
  readonly role: WaitingRole;
  readonly version: number;
  readonly expires: string;
  /** SHA-256 of what is signed: the same on every machine of the ceremony. */
  readonly digest: string;
  /** Ids of the keys that sign the document now. */
  readonly signatures: readonly string[];
  /** Ids of those that were added. */
  readonly added: readonly string[];
  /**
   * How many keys have signed, and must. Of a root it is its own keys: as many of the previous
   * root's as that one asks for must sign too, which cannot be told here.
   */
  readonly own: SignatureProgress | undefined;
  /** Of a list of routes. */
  readonly routes?: ListDifference;
}

/**
 * Adds the signatures of the offline keys in `DIR/keys` to a pending document. Works where
 * nothing else is: only `DIR/keys/root-*.pem` (or `targets-*.pem`) is needed. The next publish
 * takes the document in once enough keys have signed. For a list of routes, `DIR/repository` has to
 * hold what is public, as a mirror does: what changes is told by it.
 * @throws {UsageError} `KEY_MISSING` when no key for it is here; `KEY_PASSPHRASE`; `USAGE_ARGUMENT`
 *   when it has another digest
 * @throws {TrustError} a list of routes that is stale, another vendor's, or not what was signed
 */
export async function signPending(dir: string, options: SignOptions): Promise<Signed> {
  const folder = new VendorFolder(resolve(dir));
  const log = options.log ?? silent;
  const asked = await readAsked(folder, resolve(options.file), (options.now ?? Date.now)());
  const { role, document, path } = asked;
  const digest = sha256Of(document.signedBytes);
  if (options.digest !== undefined && options.digest !== digest) {
    const message = `${path} is not what you looked at: its digest is ${digest}; look at it again with --dry-run.`;
    throw new UsageError("USAGE_ARGUMENT", message);
  }
  const files = (await keyFilesIn(folder.keys)).filter((file) => {
    const isMeant = file.shortId.startsWith((options.keyId ?? "").slice(0, 8));
    return file.role === role && isMeant && asked.counts(file.shortId);
  });
  if (files.length === 0) {
    const message = `${folder.keys} has no ${role} key for it; bring one, or say --dir.`;
    throw new UsageError("KEY_MISSING", message);
  }
  const signers: Signer[] = [];
  for (const file of options.isDry === true ? [] : files) {
    const { signer } = await unlockKey(file, options.passphrase, log);
    if (!isKept(document, signer.keyId, signer.publicKey)) signers.push(signer);
  }
  const signed = await withSignatures(document, signers);
  if (options.isDry !== true) {
    const scratch = join(path, "..", ".signing");
    await writeDurably({ path, bytes: asked.encode(signed) }, { scratch });
    await removeTree(scratch);
  }
  return {
    file: path,
    role,
    version: document.version,
    expires: toUtcSecond(document.expires),
    digest,
    signatures: [...signed.signatures.keys()],
    added: signers.map(({ keyId }) => keyId),
    own: asked.own(signed),
    ...(asked.routes !== undefined && { routes: asked.routes }),
  };
}

/** What a file asks to have signed. */
interface Asked {
  readonly path: string;
  readonly role: WaitingRole;
  readonly document: SignedDocument;
  /** Whether a key would count, as far as that can be told here. */
  counts(shortId: string): boolean;
  own(signed: SignedDocument): SignatureProgress | undefined;
  /** The bytes of the file once it is signed. */
  encode(signed: SignedDocument): Uint8Array;
  readonly routes?: ListDifference;
}

async function readAsked(folder: VendorFolder, file: string, now: Instant): Promise<Asked> {
  if (!isWaitingName(file)) {
    const pending = await readPendingFile(file);
    const own = (signed: SignedDocument): SignatureProgress | undefined => {
      return pending.role === "root" ? progress(signed, topKeysOf(signed).root) : undefined;
    };
    return { ...pending, own, counts: () => true, encode: ({ bytes }) => bytes };
  }
  const judged = await judgeWaitingList(folder, file, now);
  const { path, document, keys, listBytes, changes, unreadable, pollSeconds } = judged;
  const shortIds = new Set([...keys.keys.keys()].map(shortKeyId));
  return {
    path,
    role: "routes",
    document,
    counts: (shortId) => shortIds.has(shortId),
    own: (signed) => progress(signed, keys),
    encode: (signed) => encodeWaitingList(signed, listBytes),
    routes: { changes, unreadable, pollSeconds },
  };
}

function isKept(document: SignedDocument, keyId: string, key: TufKey): boolean {
  const signature = document.signatures.get(keyId);
  if (signature === undefined || !/^[0-9a-f]+$/.test(signature)) return false;
  return isSignatureOf(key, document.signedBytes, Buffer.from(signature, "hex"));
}
