import { readKnown } from "@causeway/client/internal/probe";
import { readTrust } from "@causeway/client/internal/read-trust";
import { nodePorts, proxySettings } from "@causeway/client/node";
import { knownRound, probeRound, type Round } from "@causeway/control";
import { UsageError } from "@causeway/kernel";
import { withState } from "../routes/with-state.ts";
import type { Context } from "../verb.ts";

export interface CustomerCheckOptions {
  readonly state: string;
  readonly route?: readonly string[];
  readonly trust?: string;
  readonly bytesMax: number;
  readonly msMax: number;
}

/** What the vendor's side alone has. */
const vendorsOnly = [
  "every",
  "history",
  "policy",
  "resolver",
  "private",
  "passphraseFile",
] as const;

/** @throws {UsageError} */
export function refuseVendorsOptions(
  ids: readonly string[],
  options: Partial<Record<(typeof vendorsOnly)[number], unknown>>,
): void {
  const option = vendorsOnly.find((each) => options[each] !== undefined);
  if (ids.length === 0 && option === undefined) return;
  const what =
    ids.length > 0 ? "an id" : `--${option === "passphraseFile" ? "passphrase-file" : option}`;
  const text = `${what} is the vendor's; a customer's is routes check --state STATE [--route URL].`;
  throw new UsageError("USAGE_ARGUMENT", text);
}

/** Probes once what a customer's state knows; what it trusts stays as it is. */
export async function customerRound(
  options: CustomerCheckOptions,
  context: Context,
): Promise<Round> {
  const { state: folder, route: routes = [], bytesMax, msMax } = options;
  const { signal } = context;
  const trust = await readTrust(options.trust);
  const ports = nodePorts({ proxies: proxySettings(process.env) });
  try {
    // Others may use the state while routes take their time.
    const known = await withState(folder, context, ({ store: state }) => {
      return readKnown({ routes, state, ports, ...(trust && { trust }) }, signal);
    });
    return await probeRound({ ...knownRound(known), bytesMax, msMax, signal }, ports);
  } finally {
    ports.transport.close();
  }
}
