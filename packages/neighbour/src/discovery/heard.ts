import type { RepositoryId } from "@causeway/kernel";
import { type Link, linkOf } from "./links.ts";
import { heardIn, readMessage } from "./messages.ts";
import { mdnsPort, type Peer } from "./multicast.ts";
import { SenderBudget } from "./sender-budget.ts";

export const heardLimits = {
  perAddressMax: 2, // one machine serves two repositories' states at most to one user
  sendersMax: 512, // a network of /24 twice; more addresses are somebody's inventions
  messagesPerSenderMax: 32, // in a second and a half; who tells of printers too says more than we ask
  heardMax: 512, // of which few are drawn: a flood of forged answers has to outnumber all
} as const;

/** Those who were heard, within bounds that no flood of answers gets past. */
export class HeardNeighbours {
  readonly #links: readonly Link[];
  readonly #repository: RepositoryId;
  readonly #byName = new Map<string, { readonly url: string; readonly address: string }>();
  readonly #budget = new SenderBudget(heardLimits.messagesPerSenderMax, heardLimits.sendersMax);

  constructor(links: readonly Link[], repository: RepositoryId) {
    this.#links = links;
    this.#repository = repository;
  }

  get urls(): readonly string[] {
    return [...new Set([...this.#byName.values()].map(({ url }) => url))];
  }

  take(bytes: Buffer, { address: sender, port }: Peer): void {
    if (port !== mdnsPort || linkOf(sender, this.#links) === undefined) return; // RFC 6762 section 11
    if (!this.#budget.take(sender)) return;
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
