import { Resolver } from "node:dns/promises";
import { type NameServer, shownServer } from "../names/name-server.ts";
import type { ResolveName } from "./retired-names.ts";

const timeoutMs = 2_000; // asked twice
const addressesMax = 16;
const noSuchName = new Set(["ENOTFOUND", "ENODATA"]);

/** Asks the machine's name servers, or this one. */
export function nameResolver(server?: NameServer): ResolveName {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 2 });
  if (server !== undefined) resolver.setServers([shownServer(server)]);
  const ofFamily = async (ask: () => Promise<readonly string[]>): Promise<readonly string[]> => {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof Error && "code" in error && noSuchName.has(String(error.code)))
        return [];
      throw error;
    }
  };
  return async (name) => {
    const [four, six] = await Promise.all([
      ofFamily(() => resolver.resolve4(name)),
      ofFamily(() => resolver.resolve6(name)),
    ]);
    return [...four, ...six].slice(0, addressesMax);
  };
}
