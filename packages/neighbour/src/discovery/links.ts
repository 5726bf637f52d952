import { isIPv4 } from "node:net";
import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";

/** A network of the machine's own, as far as one address of it tells. */
export interface Link {
  /** The machine's own address there. */
  readonly address: string;
  /** Bits of the network's part. */
  readonly prefix: number;
}

const linksMax = 16; // a laptop has three, a host of containers has hundreds that lead nowhere

/** The machine's links by IPv4, without loopback; none where the system does not tell. */
export function machineLinks(): readonly Link[] {
  try {
    return linksIn(networkInterfaces());
  } catch {
    return [];
  }
}

/** As `machineLinks`, of what the system says. */
export function linksIn(
  interfaces: Readonly<Record<string, NetworkInterfaceInfo[] | undefined>>,
): readonly Link[] {
  const infos = Object.values(interfaces).flatMap((each) => each ?? []);
  const links = infos.flatMap(({ address, cidr, internal }) => {
    const prefix = Number(cidr?.split("/")[1]);
    return internal || !isIPv4(address) || !Number.isInteger(prefix) ? [] : [{ address, prefix }];
  });
  return links.slice(0, linksMax);
}

/** The link that an address of another machine, or our own, is on; undefined when it is on none. */
export function linkOf(address: string, links: readonly Link[]): Link | undefined {
  if (!isIPv4(address) || /^(?:127|0|22[4-9]|2[345]\d)\./.test(address)) return undefined;
  const number = numberOf(address);
  return links.find((link) => {
    const size = 2 ** (32 - link.prefix);
    return Math.floor(number / size) === Math.floor(numberOf(link.address) / size);
  });
}

function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}
