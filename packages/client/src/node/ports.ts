import type { Ports } from "@causeway/kernel";
import { nodeClock } from "./clock.ts";
import { dnsTexts } from "./connect/text-records.ts";
import type { NodeTransport } from "./http-transport.ts";
import { nodeRandom } from "./random.ts";
import { type NodeTransportOptions, nodeTransport } from "./transport.ts";

export interface NodePorts extends Ports {
  readonly transport: NodeTransport;
}

export interface NodePortsOptions extends NodeTransportOptions {
  /** Who is asked for announcements, as `192.0.2.1:53`; the machine's name servers if absent. */
  readonly nameServers?: readonly string[];
}

/**
 * The machine's own clock, randomness and network. Close the transport when done.
 * @throws {UsageError} `USAGE_ARGUMENT` on a wrong proxy or name server
 */
export function nodePorts(options: NodePortsOptions = {}): NodePorts {
  const texts = dnsTexts(options.nameServers);
  return { clock: nodeClock(), random: nodeRandom(), transport: nodeTransport(options), texts };
}
