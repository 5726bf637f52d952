import { type AddressPrefix, prefixOf } from "../tls/address-prefix.ts";
import { HyperLogLog } from "./hyper-log-log.ts";
import { type Hash, keyedHash } from "./keyed-hash.ts";
import { networkText } from "./network-text.ts";
import { type KeyCount, TopKeys } from "./top-keys.ts";

const watchedNetworks = 256; // one that sends more than a 256th of all requests is not missed
const toldNetworks = 32;
const rememberedMax = 4_096;

/** Who asked since the last report; plain data, so that workers can send it. */
export interface SourceReport {
  /** A sketch of the addresses (/32, /64), as `HyperLogLog.toText`; empty when nobody asked. */
  readonly sources: string;
  /** Requests of those networks (/24, /48) that sent most. */
  readonly networks: readonly KeyCount[];
}

interface Source {
  readonly hash: Hash;
  readonly network: string;
}

/** Counts who asks, in memory that does not grow with their number. */
export class SourceMeter {
  readonly #key: Hash;
  readonly #sources = new HyperLogLog();
  readonly #networks = new TopKeys(watchedNetworks);
  /** One client asks for many things: what its address comes to is worked out once. */
  readonly #remembered = new Map<string, Source>();

  /** `key` is random, secret, and the same for all whose reports are put together. */
  constructor(key: Hash) {
    this.#key = key;
  }

  /** A request came from there. */
  count(address: string): void {
    const source = this.#remembered.get(address) ?? this.#remember(address);
    if (source === undefined) return;
    this.#sources.add(source.hash);
    this.#networks.add(source.network);
  }

  /** Tells what was counted since the last time, and begins anew. */
  report(): SourceReport {
    if (this.#remembered.size === 0) return { sources: "", networks: [] };
    const report = { sources: this.#sources.toText(), networks: this.#networks.top(toldNetworks) };
    this.#sources.clear();
    this.#networks.clear();
    this.#remembered.clear();
    return report;
  }

  #remember(address: string): Source | undefined {
    const prefix = prefixOf(address);
    if (prefix === undefined) return undefined;
    if (this.#remembered.size >= rememberedMax) this.#remembered.clear();
    const source = this.#sourceOf(prefix);
    this.#remembered.set(address, source);
    return source;
  }

  #sourceOf({ near, wide }: AddressPrefix): Source {
    return { hash: keyedHash(this.#key, near), network: networkText(wide) };
  }
}
