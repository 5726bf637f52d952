import { BlockList, isIPv6 } from "node:net";
import { UsageError } from "@causeway/kernel";
import { parseNetwork } from "../edge/endpoint.ts";

const edgesMax = 64;
const mapped = "::ffff:"; // IPv4 in the guise of IPv6, as a socket may tell it
/** Whoever is believed may be anybody it likes: half of the world is no edge of anybody's. */
const bitsLeast = 8;

/** The edges that are believed about whom they ask for: by their addresses, and by nothing they say. */
export class TrustedEdges {
  readonly #list = new BlockList();

  /**
   * @param networks as `10.0.0.2`, `10.0.0.0/24` or `2001:db8::/48`
   * @throws {UsageError} `USAGE_ARGUMENT`
   */
  constructor(networks: readonly string[] = []) {
    if (networks.length > edgesMax) {
      throw new UsageError("USAGE_ARGUMENT", `name at most ${edgesMax} edges; use networks.`);
    }
    for (const network of networks) this.#add(parseNetwork(network));
  }

  includes(address: string | undefined): boolean {
    if (address === undefined || this.#list.rules.length === 0) return false;
    const plain = address.startsWith(mapped) ? address.slice(mapped.length) : address;
    return this.#list.check(plain, familyOf(plain));
  }

  #add(network: string): void {
    const [address = "", bits] = network.split("/");
    if (bits === undefined) return this.#list.addAddress(address, familyOf(address));
    if (Number(bits) < bitsLeast) {
      const message = `${network} is too many to be edges: each is believed about who asks.`;
      throw new UsageError("USAGE_ARGUMENT", message);
    }
    return this.#list.addSubnet(address, Number(bits), familyOf(address));
  }
}

/** @throws {UsageError} `USAGE_ARGUMENT` */
export function assertEdges(networks: readonly string[]): void {
  void new TrustedEdges(networks);
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIPv6(address) ? "ipv6" : "ipv4";
}
