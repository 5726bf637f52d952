import type { Link } from "../../src/discovery/links.ts";
import { type Multicast, mdnsPort, type Peer } from "../../src/discovery/multicast.ts";

/** A network in memory: who tells something is heard by all others on it, and by themselves. */
export class Lan {
  readonly #ears = new Map<string, (bytes: Buffer, from: Peer) => void>();
  /** All that was said, and by whom. */
  readonly said: { readonly bytes: Buffer; readonly from: string; readonly to: string }[] = [];

  /** The addresses by which machines take part. */
  readonly joined = new Set<string>();

  /** A machine's way to take part. */
  machine(address: string, port = mdnsPort): Multicast {
    return {
      listen: (onMessage) => void this.#ears.set(address, onMessage),
      join: (links) => links.forEach((each) => this.joined.add(each.address)),
      tell: async (bytes) => this.say(bytes, { address, port }),
      answer: async (bytes, to) => {
        this.said.push({ bytes, from: address, to: to.address });
        this.#ears.get(to.address)?.(bytes, { address, port });
      },
      close: () => void this.#ears.delete(address),
    };
  }

  /** Anybody may say anything in anybody's name. */
  say(bytes: Buffer, from: Peer): void {
    this.said.push({ bytes, from: from.address, to: "all" });
    for (const ear of this.#ears.values()) ear(bytes, from);
  }
}

export function link(address: string, prefix = 24): Link {
  return { address, prefix };
}
