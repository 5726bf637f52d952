import type { Ports } from "@causeway/kernel";
import { nodeClock } from "./clock.ts";
import type { NodeTransport } from "./http-transport.ts";
import { nodeRandom } from "./random.ts";
import { nodeTransport } from "./transport.ts";

export interface NodePorts extends Ports {
  readonly transport: NodeTransport;
}

/** The machine's own clock, randomness and network. Close the transport when done. */
export function nodePorts(): NodePorts {
  return { clock: nodeClock(), random: nodeRandom(), transport: nodeTransport() };
}
