import { nodeClock, nodeRandom } from "@causeway/client/node";
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
    return await findNeighbours({
      stateFolder,
      ...(trust !== undefined && { trust }),
      ports,
      signal,
    });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof CausewayError)) throw error;
    terminal.warn(`neighbours are not looked for: ${error.message}`);
    return [];
  }
}
