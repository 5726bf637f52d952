import { lookup } from "node:dns/promises";
import { toHostError } from "@causeway/client/internal/host-error";
import type { Endpoint } from "../edge/endpoint.ts";
import type { HaproxyPlan } from "../edge/haproxy-plan.ts";
import type { Lanes } from "../listen.ts";

/** Certificate, chain and key, beside the configuration. */
export const pemFile = "edge.pem";

/** What the HAProxy in front of one origin is made of. */
export interface OwnEdgePlan {
  /** What is served, for a comment. */
  readonly title: string;
  readonly listen: Lanes<readonly Endpoint[]>;
  /** Where the workers listen, one each. */
  readonly sockets: readonly string[];
  /** Connections that each of them takes. */
  readonly originConnections: number;
  /** Connections of clients. */
  readonly connectionsMax: number;
  /** As in `HaproxyPlan`. */
  readonly behind: readonly string[];
  /** As in `Ticket.aud`. */
  readonly audience: string;
}

export function ownEdgePlan(plan: OwnEdgePlan, folder: string, control: string): HaproxyPlan {
  const { title, listen, sockets, originConnections, connectionsMax, behind, audience } = plan;
  return {
    title,
    name: "own",
    listen: listen.plain ?? [],
    ...(listen.tls !== undefined && { tls: { listen: listen.tls, pemFile } }),
    origins: sockets.map((socket) => ({ socket })),
    files: [],
    originConnections,
    fileConnections: originConnections,
    connectionsMax,
    peers: [],
    behind,
    audience,
    control,
    folder,
    user: undefined, // it shares ports and sockets with us, so it stays who we are
  };
}

/**
 * Where an engine listens to take what Node takes that listens on `host`: the same address of those
 * that a name has, and both families where Node takes both.
 * @throws {HostError}
 */
export async function endpointsOf(host: string, port: number): Promise<readonly Endpoint[]> {
  const both = host === "::" || host === "";
  if (both) return ["::", "0.0.0.0"].map((each) => ({ host: each, port }));
  try {
    return [{ host: (await lookup(host)).address, port }];
  } catch (cause) {
    throw toHostError(cause, `look up ${host}`);
  }
}
