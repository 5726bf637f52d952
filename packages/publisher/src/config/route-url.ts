import { BlockList, isIP } from "node:net";
import { normalRouteUrl } from "@causeway/kernel";

/** A route's URL as the list has it, or what is wrong with it. */
export type ListedUrl =
  | { readonly url: string; readonly wrong?: never }
  | { readonly url?: never; readonly wrong: string };

/** Networks that not everybody shares (RFC 6890), and of which a public list cannot speak. */
const near = new BlockList();
for (const [address, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 3], // multicast and reserved
] as const) {
  near.addSubnet(address, prefix, "ipv4");
}
for (const [address, prefix] of [
  ["::", 96],
  ["64:ff9b::", 32],
  ["2001::", 32],
  ["2002::", 16],
  ["fc00::", 7],
  ["fe80::", 9], // link-local, and site-local as it was
  ["ff00::", 8],
] as const) {
  near.addSubnet(address, prefix, "ipv6");
}

/**
 * Checks a URL for the list that customers' machines read.
 * @param isPrivate it may lead into a private network, to this machine, or to a file
 */
export function listedUrl(text: string, isPrivate: boolean): ListedUrl {
  const shown = JSON.stringify(text.slice(0, 200));
  const url = normalRouteUrl(text);
  if (url === undefined) {
    const what = "a route's url is http, https or file, without credentials, query or fragment";
    return { wrong: `${shown}: ${what}` };
  }
  const [, authority = ""] = /^[a-z]+:[/\\]*([^/\\?#]*)/i.exec(text.trim()) ?? [];
  if (!/^[!-$&-~]*$/.test(authority)) {
    const what = `the host of ${shown} is not ASCII; it is ${new URL(url).host}`;
    return { wrong: `${what}: write that if it is meant, for some letters only look like others` };
  }
  if (isPrivate || !isNear(new URL(url))) return { url };
  const what = `${url} leads to a place that is not the same for everybody who reads the list`;
  return { wrong: `${what}; if all who do are there, say --private, or private: true beside it` };
}

function isNear(url: URL): boolean {
  if (url.protocol === "file:") return true;
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const version = isIP(host);
  if (version !== 0) return near.check(host, version === 6 ? "ipv6" : "ipv4");
  const name = host.replace(/\.$/, "");
  return !name.includes(".") || /\.(?:localhost|local|internal|home\.arpa)$/.test(name);
}
