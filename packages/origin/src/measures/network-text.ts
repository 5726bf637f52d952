import type { AddressPrefix } from "../tls/address-prefix.ts";

const bytesOfWideV6 = 6;

/** The network as people write it: `192.0.2.0/24`, `2001:db8:7::/48` (RFC 5952). */
export function networkText(wide: AddressPrefix["wide"]): string {
  if (wide.length > bytesOfWideV6) return `${wide.subarray(-3).join(".")}.0/24`;
  const groups: string[] = [];
  for (let at = 0; at < bytesOfWideV6; at += 2) {
    groups.push((((wide[at] ?? 0) << 8) | (wide[at + 1] ?? 0)).toString(16));
  }
  while (groups.at(-1) === "0") groups.pop();
  return `${groups.join(":")}::/48`;
}
