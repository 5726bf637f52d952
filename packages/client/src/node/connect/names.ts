import * as dns from "node:dns/promises";
import { isIP } from "node:net";
import type { Clock } from "@causeway/kernel";
import type { Address } from "./attempts.ts";

/** The two ways to find a name's addresses. */
export interface NameSources {
  /** The operating system's own, with its hosts file and its order of preference. */
  system(host: string): Promise<readonly Address[]>;
  /** Asks the name servers ourselves, of one family. */
  servers(host: string, family: 4 | 6, signal: AbortSignal): Promise<readonly Address[]>;
}

// The system looks up two names at a time (libuv), each for up to half a minute when its name
// servers are flooded; others must not wait behind them. A lookup that works is done sooner.
const systemAloneMs = 300;
const serverMs = 2_000; // asked twice; the deadline of the step is the bound of it all

export const machineNames: NameSources = {
  async system(host) {
    const found = await dns.lookup(host, { all: true, order: "verbatim" });
    return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
  },
  async servers(host, family, signal) {
    const resolver = new dns.Resolver({ timeout: serverMs, tries: 2 });
    const cancel = (): void => resolver.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    try {
      const found = await (family === 6 ? resolver.resolve6(host) : resolver.resolve4(host));
      return found.map((address) => ({ address, family }));
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  },
};

/**
 * The addresses of a host, as they become known: by the system's own lookup, and when that is
 * slow, by the name servers too. Each address comes once.
 * @throws the system's failure when nobody knows any
 */
export async function* addressesOf(
  host: string,
  names: NameSources,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<readonly Address[], void, undefined> {
  const literal = isIP(host);
  if (literal !== 0) {
    yield [{ address: host, family: literal === 6 ? 6 : 4 }];
    return;
  }
  const system = asked("system", names.system(host));
  let first = await Promise.race([system, quiet(clock, signal)]);
  if (first !== undefined) {
    yield knownOf(first);
    return;
  }
  signal.throwIfAborted();
  const left = new Map([["system", system]]);
  for (const family of [6, 4] as const) {
    left.set(`${family}`, asked(`${family}`, names.servers(host, family, signal)));
  }
  const known = new Set<string>();
  let failure: unknown;
  while (left.size > 0) {
    first = await Promise.race(left.values());
    left.delete(first.source);
    if (first.source === "system") failure = first.error;
    const fresh = first.addresses.filter(({ address }) => !known.has(address));
    for (const { address } of fresh) known.add(address);
    if (fresh.length > 0) yield fresh;
    if (first.source === "system" && known.size > 0) return;
  }
  if (known.size === 0) throw failure;
}

interface Answer {
  readonly source: string;
  readonly addresses: readonly Address[];
  readonly error?: unknown;
}

async function asked(source: string, work: Promise<readonly Address[]>): Promise<Answer> {
  try {
    return { source, addresses: await work };
  } catch (error) {
    return { source, addresses: [], error };
  }
}

function knownOf({ addresses, error }: Answer): readonly Address[] {
  if (addresses.length === 0) throw error;
  return addresses;
}

async function quiet(clock: Clock, signal: AbortSignal): Promise<undefined> {
  try {
    await clock.sleep(systemAloneMs, signal);
  } catch {
    // Nobody waits any more.
  }
}
