import type { Got } from "@causeway/client";
import { nodeClock, nodePorts, nodeRandom, proxySettings } from "@causeway/client/node";
import { CausewayError } from "@causeway/kernel";
import type { Context } from "./verb.ts";

/**
 * Those that hold something of the state's vendor. That nobody can be looked for keeps nobody from a
 * patch.
 */
export async function neighboursOf(
  stateFolder: string,
  trust: string | undefined,
  { terminal, signal }: Pick<Context, "terminal" | "signal">,
): Promise<readonly string[]> {
  const { findNeighbours } = await import("@causeway/neighbour"); // only for who looks
  const ports = { clock: nodeClock(), random: nodeRandom() };
  try {
    const found = await findNeighbours({
      stateFolder,
      ...(trust !== undefined && { trust }),
      ports,
      signal,
    });
    if (found.length === 0)
      terminal.say("no machine of this network says that it has anything of it");
    return found;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof CausewayError)) throw error;
    terminal.warn(`neighbours are not looked for: ${error.message}`);
    return [];
  }
}

const heldBytesMax = 4_000_000_000; // some patches of the largest programs
const lockWaitMs = 60_000;

/** What a `get` over neighbours was told. */
interface NeighbourlyGet {
  readonly state: string;
  readonly platform: string;
  readonly routes: readonly string[];
  readonly neighbours: readonly string[];
}

/**
 * Keeps a patch for others. That it cannot be kept is told, and does no harm to who has it: Ctrl-C
 * ends this alone.
 */
export async function holdForOthers(
  got: Got,
  { state: stateFolder, ...rest }: NeighbourlyGet,
  { terminal, signal }: Pick<Context, "terminal" | "signal">,
): Promise<void> {
  const { holdFetched } = await import("@causeway/neighbour");
  const proxies = proxySettings(process.env);
  const hosts = rest.neighbours.map((url) => new URL(url).host); // no proxy leads there
  const except = [...hosts, proxies.except ?? ""].join(",");
  const ports = nodePorts({ proxies: { ...proxies, except } });
  try {
    await holdFetched({
      stateFolder,
      got,
      ...rest,
      ports,
      bytesMax: heldBytesMax,
      lockWaitMs,
      signal,
    });
  } catch (error) {
    if (!(error instanceof CausewayError)) throw error;
    terminal.warn(`${got.product} ${got.version} is not held for neighbours: ${error.message}`);
  } finally {
    ports.transport.close();
  }
}
