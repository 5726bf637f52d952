import type { Endpoint } from "./endpoint.ts";

/** Whom an HAProxy asks: over the network, or through a socket in a folder of ours. */
export type Upstream = Endpoint | { readonly socket: string };

/** One HAProxy of the vendor's. */
export interface EdgePeer {
  /** As `edge-1`: letters, digits and hyphens. */
  readonly name: string;
  /** Where it tells the others what it counts. Nobody else may reach that. */
  readonly endpoint: Endpoint;
}

export interface TlsPlan {
  readonly listen: readonly Endpoint[];
  /** Certificate, chain and key in PEM: a name in the folder of the edge's files. */
  readonly pemFile: string;
}

/** What an HAProxy edge is made of. */
export interface HaproxyPlan {
  /** The vendor's, for a comment. */
  readonly title: string;
  /** This edge's own name; one of `peers`, when there are any. */
  readonly name: string;
  readonly listen: readonly Endpoint[];
  /** Where it speaks TLS; absent: nowhere. */
  readonly tls?: TlsPlan;
  /** What issues and takes tickets, and has all files. */
  readonly origins: readonly Upstream[];
  /** What carries `targets/`; none: the origins do. */
  readonly files: readonly Upstream[];
  /** Connections that each of them takes, from all edges together. */
  readonly originConnections: number;
  readonly fileConnections: number;
  /** Connections of clients; a quarter of them at most over TLS. */
  readonly connectionsMax: number;
  readonly peers: readonly EdgePeer[];
  /** Networks whose `X-Forwarded-For` is believed: a CDN's, or a load balancer's. */
  readonly behind: readonly string[];
  /** `aud` of the tickets that are good here. */
  readonly audience: string;
  /** The runtime socket. */
  readonly control: string;
  /** Where `edgeFiles` lie; undefined: where the configuration itself lies. */
  readonly folder: string | undefined;
  /** The system's user that it becomes; undefined: whoever starts it. */
  readonly user: string | undefined;
}

/** The names of all edges that count together, this one among them. */
export function edgeNames({ name, peers }: HaproxyPlan): readonly string[] {
  return peers.length > 0 ? peers.map((peer) => peer.name) : [name];
}
