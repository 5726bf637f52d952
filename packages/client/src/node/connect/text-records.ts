import * as dns from "node:dns/promises";
import { type TextRecords, UsageError } from "@causeway/kernel";

const serverMs = 2_000; // asked twice, as for addresses

/**
 * Texts of the DNS, from the machine's own name servers.
 * @param servers instead of those, as `192.0.2.1:53`
 * @throws {UsageError} `USAGE_ARGUMENT` when one is no address
 */
export function dnsTexts(servers?: readonly string[]): TextRecords {
  if (servers !== undefined) resolverOf(servers);
  return {
    async textsAt(name, signal) {
      const resolver = resolverOf(servers);
      const cancel = (): void => resolver.cancel();
      signal.addEventListener("abort", cancel, { once: true });
      try {
        const records = await resolver.resolveTxt(name);
        return records.map((parts) => parts.join(""));
      } finally {
        signal.removeEventListener("abort", cancel);
      }
    },
  };
}

function resolverOf(servers: readonly string[] | undefined): dns.Resolver {
  const resolver = new dns.Resolver({ timeout: serverMs, tries: 2 });
  if (servers === undefined) return resolver;
  try {
    resolver.setServers(servers);
    return resolver;
  } catch (cause) {
    const text = `${JSON.stringify(servers)} are no name servers; write 192.0.2.1 or 192.0.2.1:53.`;
    throw new UsageError("USAGE_ARGUMENT", text, { cause });
  }
}
