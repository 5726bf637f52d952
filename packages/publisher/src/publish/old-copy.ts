import { CausewayError, HostError } from "@causeway/kernel";
import type { Config } from "../config/config.ts";
import { readDocument, type SignedDocument } from "../documents/document.ts";
import type { Carrier } from "./carrier.ts";
import type { CarrierProcessOptions } from "./carrier-process.ts";
import { carriersOf } from "./carriers.ts";

const timestampPath = "metadata/timestamp.json";
const timestampBytesMax = 1024 * 1024;
const stallMsMost = 15_000; // who is silent is waited for when it is written to, not twice

/**
 * Refuses to go on from an old copy of a vendor folder: when a carrier has a newer state than the
 * one here, or another one of the same number, somebody has published from another copy. Called
 * before anything is changed. A carrier that does not answer cannot tell.
 * @param timestamp of the repository here
 * @throws {HostError} `HOST_CORRUPT_STATE`, naming the carrier
 */
export async function refuseOldCopy(
  config: Config,
  timestamp: SignedDocument,
  { stallMs = stallMsMost, signal, log }: CarrierProcessOptions,
): Promise<void> {
  const carriers = carriersOf(config, { stallMs: Math.min(stallMs, stallMsMost), signal, log });
  try {
    await Promise.all(carriers.map((carrier) => refuseNewer(carrier, timestamp)));
  } finally {
    for (const carrier of carriers) carrier.close();
  }
}

async function refuseNewer(carrier: Carrier, here: SignedDocument): Promise<void> {
  let there: SignedDocument;
  try {
    const bytes = await carrier.read(timestampPath, timestampBytesMax);
    if (bytes === undefined) return;
    there = readDocument(bytes, "timestamp");
  } catch (error) {
    // It is told when it is written to; what is damaged there is replaced then.
    if (error instanceof CausewayError && error.code !== "INTERRUPTED") return;
    throw error;
  }
  const isSame = Buffer.compare(there.bytes, here.bytes) === 0;
  if (isSame || there.version < here.version) return;
  const what = there.version > here.version ? "a newer state" : "another state of the same number";
  throw new HostError(
    "HOST_CORRUPT_STATE",
    `${carrier.id} has ${what} (timestamp ${there.version}) than this vendor folder ` +
      `(${here.version}): somebody published from another copy of it. Nothing was changed; bring ` +
      "repository/ and causeway.yaml here up to date with that copy first.",
  );
}
