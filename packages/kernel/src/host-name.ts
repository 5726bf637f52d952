/**
 * The name of the host that a route's URL has, as a retired one is compared; undefined when it has
 * an address instead, or none.
 */
export function hostNameOf({ protocol, hostname }: URL): string | undefined {
  // URL writes IPv4 in digits and dots alone, and IPv6 in brackets (URL Standard, host serializer).
  const isAddress = hostname.startsWith("[") || /^[\d.]+$/.test(hostname);
  if (protocol === "file:" || isAddress || hostname === "") return undefined;
  return hostname.replace(/\.$/, "");
}
