import { BlockList, isIP } from "node:net";
import { normalRouteUrl } from "@causeway/kernel";

/** A route's URL as the list has it, or what is wrong with it. */
export type ListedUrl =
  | { readonly url: string; readonly wrong?: never }
  | { readonly url?: never; readonly wrong: string };

/** Networks that not everybody shares (RFC 6890), and of which a public list cannot speak. */
const near = networks([
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["::", 96],
  ["64:ff9b::", 32],
  ["fc00::", 7],
]);
/** Networks in which no client asks what it has only heard of. */
const nowhere = networks([
  ["0.0.0.0", 8],
  ["169.254.0.0", 16],
  ["192.0.0.0", 24],
  ["224.0.0.0", 3], // multicast and reserved
  ["::", 128],
  ["2001::", 32],
  ["2002::", 16],
  ["fe80::", 9], // link-local, and site-local as it was
  ["ff00::", 8],
]);

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
  if (isIn(nowhere, new URL(url))) {
    const where = "a link-local, multicast or reserved address, and no client asks there";
    return { wrong: `${url} leads to ${where}` };
  }
  if (isPrivate || !isNear(new URL(url))) return { url };
  const what = `${url} leads to a place that is not the same for everybody who reads the list`;
  return { wrong: `${what}; if all who do are there, say --private, or private: true beside it` };
}

function isNear(url: URL): boolean {
  if (url.protocol === "file:") return true;
  if (isIP(hostOf(url)) !== 0) return isIn(near, url);
  const name = hostOf(url).replace(/\.$/, "");
  return !name.includes(".") || /\.(?:localhost|local|internal|home\.arpa)$/.test(name);
}

function isIn(list: BlockList, url: URL): boolean {
  const host = hostOf(url);
  const version = isIP(host);
  return version !== 0 && list.check(host, version === 6 ? "ipv6" : "ipv4");
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}

function networks(all: readonly (readonly [address: string, prefix: number])[]): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of all) {
    list.addSubnet(address, prefix, address.includes(":") ? "ipv6" : "ipv4");
  }
  return list;
}
