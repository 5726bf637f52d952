import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Ports, RepositoryId } from "@causeway/kernel";
import { type Telling, type TellPlace, tellNeighbours } from "./discovery/tell.ts";

export interface TreeTelling {
  /** A repository's tree, which is served. */
  readonly folder: string;
  readonly repository: RepositoryId;
  /** Where. */
  readonly port: number;
  readonly ports: Pick<Ports, "clock" | "random">;
}

// Who looks for neighbours listens for 1.5 s: they find what came just before they began.
const lookEveryMs = 500;

/** Whether there is anything in a tree to serve. */
export function isHolding(folder: string): boolean {
  return existsSync(join(folder, "metadata", "timestamp.json"));
}

/**
 * Tells neighbours of a tree once it holds something: who has nothing is not to be asked.
 * @param place the machine's own networks unless given
 */
export function tellOnceHolding(
  { folder, repository, port, ports }: TreeTelling,
  place?: TellPlace,
): Pick<Telling, "links" | "stop"> {
  const stopped = new AbortController();
  let telling: Telling | undefined;
  const begin = async (): Promise<void> => {
    while (!isHolding(folder)) await ports.clock.sleep(lookEveryMs, stopped.signal);
    telling = await tellNeighbours({ repository, port, ...ports }, place);
  };
  const begun = begin().catch((error: unknown) => {
    if (!stopped.signal.aborted) throw error;
  });
  return {
    get links() {
      return telling?.links ?? 0;
    },
    async stop() {
      stopped.abort();
      await begun;
      await telling?.stop();
    },
  };
}
