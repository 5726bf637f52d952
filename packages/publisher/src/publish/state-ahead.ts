import { TrustError } from "@causeway/kernel";
import { isSignedBy, readDocument, type SignedDocument } from "../documents/document.ts";
import { topKeysOf } from "../documents/root.ts";
import type { Carrier } from "./carrier.ts";

/** A state at a carrier that this vendor folder has not made, and may not replace. */
export interface StateAhead {
  /** Of its timestamp. */
  readonly version: number;
  /** `a newer state`, or `another state of the same number`. */
  readonly what: string;
}

const timestampPath = "metadata/timestamp.json";
const documentBytesMax = 1024 * 1024;
const rootsMax = 64; // replaced in the other copy since this one was made

/**
 * Looks whether the carrier has a newer state than the one here, or another one of the same number:
 * somebody has published from another copy of the vendor folder. Only a timestamp counts that the
 * keys of our newest root have signed, or those of a root at the carrier that follows ours: who can
 * merely write there could otherwise stop every publish.
 * @param root the newest here
 * @returns undefined also when what is there is damaged or forged, hence to be replaced
 * @throws {HostError | CarrierError} when the carrier cannot be read
 */
export async function stateAhead(
  carrier: Pick<Carrier, "read">,
  here: { readonly timestamp: SignedDocument; readonly root: SignedDocument },
): Promise<StateAhead | undefined> {
  const there = await read(carrier, timestampPath);
  if (there === undefined || there.version < here.timestamp.version) return undefined;
  // By what is signed: while keys are replaced, one of two copies may have more signatures.
  if (Buffer.compare(there.signedBytes, here.timestamp.signedBytes) === 0) return undefined;
  if (!(await isOurs(carrier, there, here.root))) return undefined;
  const isNewer = there.version > here.timestamp.version;
  const what = isNewer ? "a newer state" : "another state of the same number";
  return { version: there.version, what };
}

async function isOurs(
  carrier: Pick<Carrier, "read">,
  timestamp: SignedDocument,
  newest: SignedDocument,
): Promise<boolean> {
  let root = newest;
  for (let count = 0; count <= rootsMax; count++) {
    const keys = topKeysOf(root);
    if (isSignedBy(timestamp, keys.timestamp)) return true;
    const next = await read(carrier, `metadata/${root.version + 1}.root.json`);
    if (next?.version !== root.version + 1 || !isSignedBy(next, keys.root)) return false;
    root = next;
  }
  return false;
}

async function read(
  carrier: Pick<Carrier, "read">,
  path: string,
): Promise<SignedDocument | undefined> {
  const bytes = await carrier.read(path, documentBytesMax);
  try {
    return bytes && readDocument(bytes, path);
  } catch (error) {
    if (error instanceof TrustError) return undefined;
    throw error;
  }
}
