import { basename, join, relative } from "node:path";
import {
  asSentence,
  canonicalJson,
  decodeRouteList,
  Fields,
  malformed,
  parseJson,
  type RouteList,
  routeListBytesMax,
  routeListPath,
  TrustError,
} from "@causeway/kernel";
import { sha256Of } from "../disk/digest.ts";
import { namesIn, readFileUpTo, removeFile, writeDurably } from "../disk/files.ts";
import {
  readDocument,
  SignedDocument,
  sealDocument,
  signatureCount,
} from "../documents/document.ts";
import type { TargetEntry } from "../documents/target-entry.ts";
import { encodeEntries, entriesOf } from "../documents/targets.ts";
import type { ListedPending } from "../keys/list.ts";
import { progress } from "../keys/sign-root.ts";
import type { RoleKeys } from "../keys/tuf-key.ts";
import type { Log } from "../log.ts";
import type { Published } from "../publish/published.ts";
import type { VendorFolder } from "../vendor-folder.ts";

/*
 * A list of routes on which several keys must agree, and which too few have signed yet. It waits in
 * keys/pending as `5.routes.json`: the next document of the role, as root and targets wait, and with
 * it, as "list", the list that it vouches for. So one file goes to the other keys and back.
 */

export interface WaitingList {
  readonly path: string;
  readonly document: SignedDocument;
  /** What the document vouches for. */
  readonly entry: TargetEntry;
  readonly list: RouteList;
  readonly listBytes: Uint8Array;
}

const fileBytesMax = routeListBytesMax + 64 * 1024; // the list, and its document beside it
const readMax = 16; // one waits, and others come back late from sticks
/** A version further ahead was not made by a publisher, and would take numbers away from us. */
export const aheadMax = 10_000;
const namePattern = /^([1-9]\d{0,14})\.routes\.json$/;

/** Whether a path is named as the file of such a list. */
export function isWaitingName(path: string): boolean {
  return namePattern.test(basename(path));
}

/** The bytes of the file. */
export function encodeWaitingList(document: SignedDocument, listBytes: Uint8Array): Uint8Array {
  const head = Buffer.concat([Buffer.from('{"list":'), listBytes, Buffer.from(",")]);
  return Buffer.concat([head, document.bytes.subarray(1)]);
}

/**
 * Reads such a file. Whose signatures it has is for others to say.
 * @throws {TrustError} `TRUST_MALFORMED`; `TRUST_MISMATCH` when the list is not the one that was signed
 */
function decodeWaitingList(bytes: Uint8Array, path: string): WaitingList {
  const subject = basename(path);
  const { signedBytes, signatures, version, expires, signed } = readDocument(bytes, subject);
  const list = new Fields(parseJson(bytes, subject), subject).get("list");
  if (list === undefined) throw malformed(subject, 'has no "list"');
  const sealed = { bytes: sealDocument(signedBytes, signatures), signedBytes, signatures };
  const document = new SignedDocument({ ...sealed, version, expires }, signed);
  const listBytes = canonicalJson(list);
  const entry = { path: routeListPath, length: listBytes.length, sha256: sha256Of(listBytes) };
  const [named, ...others] = entriesOf(document, subject);
  if (named?.sha256 !== entry.sha256 || named.length !== entry.length) {
    throw new TrustError("TRUST_MISMATCH", subject, "its list is not the one that was signed");
  }
  const ours = canonicalJson(encodeEntries(version, expires, [entry]));
  if (others.length > 0 || Buffer.compare(ours, signedBytes) !== 0) {
    throw malformed(subject, `vouches for more than ${routeListPath}`);
  }
  return { path, document, entry, list: decodeRouteList(list), listBytes };
}

/** @returns undefined when there is no such file @throws as `decodeWaitingList`, {HostError} */
export async function readWaitingFile(path: string): Promise<WaitingList | undefined> {
  const bytes = await readFileUpTo(path, fileBytesMax);
  return bytes && decodeWaitingList(bytes, path);
}

/** What waits in a vendor folder. */
export interface WaitingLists {
  /** Those that follow what is public, and that one of the role's keys has signed; newest first. */
  readonly all: readonly WaitingList[];
  /** The highest version that such a file has in its name; 0 when there is none. */
  readonly versionMax: number;
}

/** Reads what waits; of what is damaged, or has no signature that counts, it is told. */
export async function waitingFor(
  folder: VendorFolder,
  published: Published,
  log: Log,
): Promise<WaitingLists> {
  const out = published.versions.get("routes") ?? 0;
  const keys = published.delegatedKeys.routes;
  const versions = (await versionsIn(folder))
    .filter((version) => version > out && version <= out + aheadMax)
    .toSorted((a, b) => b - a);
  const all: WaitingList[] = [];
  for (const version of versions.slice(0, readMax)) {
    const path = pathOf(folder, version);
    try {
      const waiting = await readWaitingFile(path);
      if (waiting === undefined) continue;
      if (waiting.document.version !== version) throw malformed(basename(path), "is another's");
      if (signatureCount(waiting.document, keys) > 0) all.push(waiting);
      else throw malformed(basename(path), "is signed by no key of routes");
    } catch (error) {
      if (!(error instanceof TrustError)) throw error;
      const message = `${path} is passed over: ${asSentence(error.message)}`;
      log({ level: "warning", message });
    }
  }
  return { all, versionMax: versions[0] ?? 0 };
}

export async function writeWaitingList(
  folder: VendorFolder,
  document: SignedDocument,
  listBytes: Uint8Array,
): Promise<void> {
  const path = pathOf(folder, document.version);
  const bytes = encodeWaitingList(document, listBytes);
  await writeDurably({ path, bytes }, { scratch: folder.work });
}

/**
 * Removes what waits but the version `kept`, and tells of what nobody will publish any more.
 * @param out the version that is public now
 */
export async function dropWaitingLists(
  folder: VendorFolder,
  { kept, out }: { readonly kept?: number; readonly out: number },
  log: Log,
): Promise<void> {
  for (const version of await versionsIn(folder)) {
    if (version === kept) continue;
    const path = pathOf(folder, version);
    await removeFile(path);
    if (version === out) continue;
    const why = whyDropped(version, kept, out);
    log({ level: "warning", message: `${path} was dropped, with its signatures: ${why}.` });
  }
}

function whyDropped(version: number, kept: number | undefined, out: number): string {
  if (version < out) return `routes is at version ${out} meanwhile`;
  if (kept !== undefined) return `${kept}.routes.json waits in its place`;
  return "causeway.yaml says something else by now";
}

/** As lists of keys and commands tell of it. */
export function listedWaiting(
  folder: VendorFolder,
  document: SignedDocument,
  keys: RoleKeys,
): ListedPending {
  const { version } = document;
  const file = relative(folder.path, pathOf(folder, version));
  return { role: "routes", file, version, ...progress(document, keys) };
}

function pathOf(folder: VendorFolder, version: number): string {
  return join(folder.pending, `${version}.routes.json`);
}

async function versionsIn(folder: VendorFolder): Promise<readonly number[]> {
  const names = await namesIn(folder.pending);
  return names.flatMap((name) => {
    const digits = namePattern.exec(name)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });
}
