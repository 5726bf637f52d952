import type { Ports } from "@causeway/kernel";
import { nodeClock } from "./clock.ts";
import type { NodeTransport } from "./http-transport.ts";
import { nodeRandom } from "./random.ts";
import { type NodeTransportOptions, nodeTransport } from "./transport.ts";

export interface NodePorts extends Ports {
  readonly transport: NodeTransport;
}

/**
 * The machine's own clock, randomness and network. Close the transport when done.
 * @throws {UsageError} `USAGE_ARGUMENT` on a wrong proxy
 */
export function nodePorts(options: NodeTransportOptions = {}): NodePorts {
  return { clock: nodeClock(), random: nodeRandom(), transport: nodeTransport(options) };
}
