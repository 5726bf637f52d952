import type { RepositoryId } from "@causeway/kernel";
import { type Link, linkOf } from "./links.ts";
import { heardIn, readMessage } from "./messages.ts";
import { mdnsPort, type Peer } from "./multicast.ts";

export const heardLimits = {
  perAddressMax: 2, // one machine serves two repositories' states at most to one user
  heardMax: 256, // of which the eight are drawn: a flood of forged answers has to outnumber all
  messagesMax: 2_000, // a second's worth of a network full of printers; beyond, it is a flood
} as const;

/** Those who were heard, within bounds that no flood of answers gets past. */
export class HeardNeighbours {
  readonly #links: readonly Link[];
  readonly #repository: RepositoryId;
  readonly #byName = new Map<string, { readonly url: string; readonly address: string }>();
  #messages = 0;

  constructor(links: readonly Link[], repository: RepositoryId) {
    this.#links = links;
    this.#repository = repository;
  }

  get urls(): readonly string[] {
    return [...new Set([...this.#byName.values()].map(({ url }) => url))];
  }

  take(bytes: Buffer, { address: sender, port }: Peer): void {
    if (++this.#messages > heardLimits.messagesMax || port !== mdnsPort) return;
    if (linkOf(sender, this.#links) === undefined) return; // RFC 6762 section 11
    if (this.#links.some(({ address }) => address === sender)) return; // it is this machine
    const message = readMessage(bytes);
    if (message === undefined) return;
    for (const heard of heardIn(message, sender, this.#repository)) {
      const { name, isGoodbye } = heard;
      if (isGoodbye) this.#forget(name, sender);
      else this.#add(name, { url: `http://${sender}:${heard.port}/`, address: sender });
    }
  }

  #forget(name: string, sender: string): void {
    if (this.#byName.get(name)?.address === sender) this.#byName.delete(name);
  }

  #add(name: string, found: { readonly url: string; readonly address: string }): void {
    const isFull = this.#byName.size >= heardLimits.heardMax || this.#byName.has(name);
    const same = [...this.#byName.values()].filter(({ address }) => address === found.address);
    if (!isFull && same.length < heardLimits.perAddressMax) this.#byName.set(name, found);
  }
}
