import { BlockList, isIP } from "node:net";
import type { Place } from "@causeway/kernel";
import { hostOf } from "./url-host.ts";

/** How far off an address is; `nowhere` for one at which no server of a repository is. */
export type AddressPlace = Place | "nowhere";

type Network = readonly [address: string, prefix: number];

const loopback = listOf([
  ["127.0.0.0", 8],
  ["::1", 128],
]);
const nearby = listOf([
  ["10.0.0.0", 8], // RFC 1918
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["100.64.0.0", 10], // RFC 6598
  ["198.18.0.0", 15], // RFC 2544
  ["fc00::", 7], // RFC 4193
  ["64:ff9b:1::", 48], // RFC 8215
]);
const nowhere = listOf([
  ["0.0.0.0", 8], // this machine, on most systems
  ["169.254.0.0", 16], // link-local; where clouds tell a machine's secrets
  ["192.0.0.0", 24], // RFC 6890
  ["224.0.0.0", 4], // multicast
  ["240.0.0.0", 4], // reserved, broadcast
  ["::", 128],
  ["fe80::", 10],
  ["fec0::", 10], // RFC 3879
  ["ff00::", 8],
  ["2001::", 32], // Teredo: an IPv4 address in disguise, as the next one
  ["2002::", 16],
]);
/** Networks whose addresses end in the IPv4 address that they lead to. */
const disguises = listOf([
  ["64:ff9b::", 96], // RFC 6052: how whole networks reach IPv4
  ["::", 96], // RFC 4291 section 2.5.5.1
]);

/** Where an address is, as its registry says (RFC 6890). */
export function placeOfAddress(address: string): AddressPlace {
  const version = isIP(address);
  if (version === 0) return "nowhere";
  const family = version === 6 ? "ipv6" : "ipv4"; // one that is mapped into IPv6 counts as IPv4
  if (loopback.check(address, family)) return "loopback";
  if (nowhere.check(address, family)) return "nowhere";
  if (nearby.check(address, family)) return "private";
  if (version === 6 && disguises.check(address, "ipv6")) return placeOfAddress(endOf(address));
  return "public";
}

/** Where a URL's host is, as far as its text tells: of most names only their addresses do. */
export function placeOf(url: URL): AddressPlace {
  if (url.protocol === "file:") return "nowhere";
  const host = hostOf(url);
  if (isIP(host) !== 0) return placeOfAddress(host);
  return /^(?:.*\.)?localhost\.?$/.test(host) ? "loopback" : "public";
}

const distances: readonly AddressPlace[] = ["loopback", "private", "public"];

/** True when `place` is no nearer than `reach`. */
export function isWithin(place: AddressPlace, reach: Place): boolean {
  return distances.indexOf(place) >= distances.indexOf(reach);
}

/** The IPv4 address in the last 32 bits. */
function endOf(address: string): string {
  const written = new URL(`http://[${address.replace(/%.*$/, "")}]/`).hostname.slice(1, -1);
  const groups = written.replace(/::$/, ":0:0").split(":").slice(-2);
  const bits = groups.map((group) => Number.parseInt(group || "0", 16));
  return bits.flatMap((group) => [group >> 8, group & 255]).join(".");
}

function listOf(networks: readonly Network[]): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of networks) {
    list.addSubnet(address, prefix, address.includes(":") ? "ipv6" : "ipv4");
  }
  return list;
}
