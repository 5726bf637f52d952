import { createServer, type Server } from "node:net";
import { isEntrancePort, UsageError } from "@causeway/kernel";
import { listenOn } from "./listen.ts";

/** Each is a process. With so many, a flood of one ticket's two meets one machine in 2,000 at both. */
export const entrancesMax = 64;

/**
 * @param ports of entrances, 0 for a free one
 * @param taken those that are for everybody
 * @throws {UsageError} `USAGE_ARGUMENT`
 */
export function assertEntrancePorts(ports: readonly number[], taken: readonly number[]): void {
  const wrong = (what: string): UsageError => new UsageError("USAGE_ARGUMENT", what);
  if (ports.length > entrancesMax) {
    throw wrong(`${ports.length} entrances; at most ${entrancesMax} are opened.`);
  }
  const seen = new Set(taken);
  for (const port of ports) {
    if (port === 0) continue;
    if (!isEntrancePort(port)) {
      const remedy = "use 80, 443, or one over 1023 that speaks no other protocol";
      throw wrong(`no client would go to an entrance at port ${String(port)}; ${remedy}.`);
    }
    if (seen.has(port)) throw wrong(`port ${port} is named twice; each entrance has its own.`);
    seen.add(port);
  }
}

/**
 * The ports, with a free one in the place of each 0: tickets name all of them before any listens.
 * @throws {HostError} `HOST_ADDRESS` one of them is taken
 */
export async function freeEntrancePorts(
  host: string,
  ports: readonly number[],
): Promise<readonly number[]> {
  const probes: Server[] = [];
  const free: number[] = [];
  try {
    for (const port of ports) {
      const probe = createServer();
      probes.push(probe);
      free.push(await listenOn(probe, { host, port, reusePort: false }, "--host or --entrances"));
    }
    return free;
  } finally {
    await Promise.all(probes.map((probe) => new Promise((resolve) => probe.close(resolve))));
  }
}
