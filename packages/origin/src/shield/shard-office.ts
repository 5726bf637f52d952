import { createHmac } from "node:crypto";
import type { ShardKey, ShardKeys } from "@causeway/kernel";
import type { Ticket } from "./ticket.ts";

/** How many shards a machine is given the keys of: one reserve may have fallen, and there is another. */
const shardsPerMachine = 2;

const homeBytes = 8;

/**
 * Gives machines the keys of their few of a vendor's shards. Which, a keyed hash of the network tells
 * that a machine first came from, or of the customer whose ticket it shows: who asks again, or says
 * to be somebody new, is given the same, and neighbours, who are captured together, have the same.
 */
export class ShardOffice {
  #choice = "";
  #given: readonly ShardKey[] = [];

  setKeys({ choice, shards }: ShardKeys): void {
    this.#choice = choice;
    this.#given = shards.filter(({ given }) => given === true);
  }

  /**
   * By what a machine is given keys; it stands in its ticket, and stays when it moves. Undefined when
   * there are none to give.
   * @param network as `networkKeyOf` names it
   */
  homeOf(shown: Ticket | undefined, network: string): string | undefined {
    if (shown?.home !== undefined) return shown.home;
    const isCustomer = shown?.fleet !== undefined;
    if (this.#given.length === 0 || (!isCustomer && network === "")) return undefined;
    const home = isCustomer ? `customer ${shown?.sub}` : `network ${network}`;
    return this.#hash(home).subarray(0, homeBytes).toString("base64url");
  }

  /** The value of `Causeway-Reserves`; undefined when there is nothing to give. */
  keysFor(home: string): string | undefined {
    if (this.#given.length === 0) return undefined;
    // By rendezvous hashing: a shard more or less changes what those few are given who had it.
    const ranked = this.#given.map((of) => ({ of, rank: this.#hash(`${of.shard} ${home}`) }));
    ranked.sort((a, b) => Buffer.compare(a.rank, b.rank));
    const few = ranked.slice(0, shardsPerMachine);
    return few.map(({ of: { shard, key } }) => `${shard}=${key}`).join(", ");
  }

  #hash(text: string): Buffer {
    return createHmac("sha256", this.#choice).update(text).digest();
  }
}
