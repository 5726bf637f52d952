import type { Ports } from "@causeway/kernel";
import { nodeClock } from "./clock.ts";
import type { NodeTransport } from "./http-transport.ts";
import { nodeRandom } from "./random.ts";
import { nodeTransport } from "./transport.ts";

export { nodeClock } from "./clock.ts";
export type { NodeTransport } from "./http-transport.ts";
export { type FolderLock, type LockHolder, type LockOptions, lockFolder } from "./lock.ts";
export { nodeRandom } from "./random.ts";
export { folderStore, sweepFolder } from "./store.ts";
export { nodeTransport } from "./transport.ts";

export interface NodePorts extends Ports {
  readonly transport: NodeTransport;
}

/** The machine's own clock, randomness and network. Close the transport when done. */
export function nodePorts(): NodePorts {
  return { clock: nodeClock(), random: nodeRandom(), transport: nodeTransport() };
}
