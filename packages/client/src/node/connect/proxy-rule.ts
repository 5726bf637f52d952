import { BlockList, isIP } from "node:net";
import { domainToASCII } from "node:url";
import { UsageError } from "@causeway/kernel";
import { shown } from "../../routes/route.ts";
import { hostOf, portOf } from "./url-host.ts";

/** Which proxies stand between this machine and its routes. */
export interface ProxySettings {
  /** For http routes, as `http://name:password@proxy.example:3128`. */
  readonly http?: string;
  /** For https routes. */
  readonly https?: string;
  /** What is reached directly, as `NO_PROXY` lists it: `.intra.example, 10.0.0.0/8, a.example:8443`. */
  readonly except?: string;
}

/** Tells which proxy leads to a URL; undefined when the way is direct. */
export type ProxyRule = (url: URL) => URL | undefined;

const exceptionsMax = 1_000; // over any administrator's patience

/**
 * The settings that the environment holds, by the names and the precedence of curl: lower case
 * first, and an empty one switches off.
 */
export function proxySettings(
  environment: Readonly<Record<string, string | undefined>>,
): ProxySettings {
  const read = (name: string): string | undefined => {
    return environment[name.toLowerCase()] ?? environment[name.toUpperCase()];
  };
  const all = read("all_proxy") ?? "";
  return {
    http: read("http_proxy") ?? all,
    https: read("https_proxy") ?? all,
    except: read("no_proxy") ?? "",
  };
}

/**
 * Reads the settings. Loopback is never reached over a proxy: it would be the proxy's own.
 * @param loopbackToo for tests, whose routes are all on loopback
 * @throws {UsageError} `USAGE_ARGUMENT` on what is no proxy
 */
export function proxyRule(settings: ProxySettings, loopbackToo = false): ProxyRule {
  const excepted = parseExceptions(settings.except ?? "");
  if (excepted === undefined) return () => undefined;
  const proxies = new Map([
    ["http:", parseProxy(settings.http)],
    ["https:", parseProxy(settings.https)],
  ]);
  return (url) => {
    const proxy = proxies.get(url.protocol);
    if (proxy === undefined || excepted(url)) return undefined;
    return !loopbackToo && isLoopback(url) ? undefined : proxy;
  };
}

function parseProxy(text = ""): URL | undefined {
  if (text.trim() === "") return undefined;
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url;
  // It may hold a password: nothing before an "@" is shown, nor what does not parse.
  const named = url === undefined ? "the proxy of the settings" : `the proxy ${shown(url)}`;
  throw new UsageError("USAGE_ARGUMENT", `${named} is not an http:// or https:// URL.`);
}

/** @returns undefined when nothing goes over a proxy, whatever it is */
function parseExceptions(list: string): ((url: URL) => boolean) | undefined {
  const addresses = new BlockList();
  const withPorts = new Map<string, BlockList>();
  const names: { readonly name: string; readonly port: string }[] = [];
  for (const entry of list
    .toLowerCase()
    .split(/[\s,]+/)
    .slice(0, exceptionsMax)) {
    if (entry === "") continue;
    if (entry === "*") return undefined;
    if (addSubnet(addresses, entry)) continue;
    const { host, port } = splitPort(entry);
    const version = isIP(host);
    const name = asciiOf(host.replace(/^\*?\./, "")).replace(/\.$/, "");
    if (version === 0) names.push({ name, port });
    else {
      const forPort = withPorts.get(port) ?? new BlockList();
      forPort.addAddress(host, version === 6 ? "ipv6" : "ipv4");
      withPorts.set(port, forPort);
    }
  }
  return (url) => {
    const host = hostOf(url).replace(/\.$/, "");
    const port = String(portOf(url));
    const version = isIP(host);
    if (version !== 0) {
      const lists = [addresses, withPorts.get(""), withPorts.get(port)];
      return lists.some((each) => each?.check(host, version === 6 ? "ipv6" : "ipv4") === true);
    }
    return names.some(({ name, port: only }) => {
      const fits = host === name || host.endsWith(`.${name}`);
      return fits && (only === "" || only === port);
    });
  };
}

/** As URLs have it; of plain letters it may not know what is none, as "2.7". */
function asciiOf(name: string): string {
  return /[^ -~]/.test(name) ? domainToASCII(name) || name : name;
}

function addSubnet(list: BlockList, entry: string): boolean {
  const [, address = "", prefix = ""] = /^\[?([^\]/]+)\]?\/(\d{1,3})$/.exec(entry) ?? [];
  const version = isIP(address);
  if (version === 0 || Number(prefix) > (version === 6 ? 128 : 32)) return false;
  list.addSubnet(address, Number(prefix), version === 6 ? "ipv6" : "ipv4");
  return true;
}

function splitPort(entry: string): { readonly host: string; readonly port: string } {
  if (isIP(entry) !== 0) return { host: entry, port: "" };
  const [, host = "", port = ""] = /^\[?([^\]]*?)\]?(?::(\d{1,5}))?$/.exec(entry) ?? [];
  return { host, port };
}

function isLoopback(url: URL): boolean {
  const host = hostOf(url).replace(/\.$/, "");
  if (host === "localhost" || host.endsWith(".localhost")) return true;
  const loopback = new BlockList();
  loopback.addSubnet("127.0.0.0", 8, "ipv4");
  loopback.addAddress("::1", "ipv6");
  const version = isIP(host);
  return version !== 0 && loopback.check(host, version === 6 ? "ipv6" : "ipv4");
}
