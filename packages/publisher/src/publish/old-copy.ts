import { CausewayError, HostError } from "@causeway/kernel";
import type { Config } from "../config/config.ts";
import type { SignedDocument } from "../documents/document.ts";
import type { Carrier } from "./carrier.ts";
import type { CarrierProcessOptions } from "./carrier-process.ts";
import { carriersOf } from "./carriers.ts";
import { type StateAhead, stateAhead } from "./state-ahead.ts";

type OwnState = { readonly timestamp: SignedDocument; readonly root: SignedDocument };

const stallMsMost = 15_000; // who is silent is waited for when it is written to, not twice

/**
 * Refuses to go on from an old copy of a vendor folder: when a carrier has a newer state than the
 * one here, or another one of the same number, somebody has published from another copy. Called
 * before anything is changed. A carrier that does not answer cannot tell.
 * @param here what the repository has
 * @throws {HostError} `HOST_CORRUPT_STATE`, naming the carrier
 */
export async function refuseOldCopy(
  config: Config,
  here: OwnState,
  { stallMs = stallMsMost, signal, log }: CarrierProcessOptions,
): Promise<void> {
  const carriers = carriersOf(config, { stallMs: Math.min(stallMs, stallMsMost), signal, log });
  try {
    await Promise.all(carriers.map((carrier) => refuseAhead(carrier, here)));
  } finally {
    for (const carrier of carriers) carrier.close();
  }
}

async function refuseAhead(carrier: Carrier, here: OwnState): Promise<void> {
  let there: StateAhead | undefined;
  try {
    there = await stateAhead(carrier, here);
  } catch (error) {
    if (error instanceof CausewayError && error.code !== "INTERRUPTED") return; // told when written to
    throw error;
  }
  if (there === undefined) return;
  throw new HostError(
    "HOST_CORRUPT_STATE",
    `${carrier.id} has ${there.what} (timestamp ${there.version}) than this vendor folder ` +
      `(${here.timestamp.version}): somebody published from another copy of it. Nothing was ` +
      "changed; bring repository/ and causeway.yaml here up to date with that copy first.",
  );
}
