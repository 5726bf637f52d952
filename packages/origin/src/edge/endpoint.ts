import { isIPv4, isIPv6 } from "node:net";
import { UsageError } from "@causeway/kernel";

/** Where an engine listens, or whom it asks: an address and port, as the engines write them. */
export interface Endpoint {
  /** An IPv4 address, an IPv6 address without brackets, or a host name. */
  readonly host: string;
  readonly port: number;
}

const hostName = /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}(?:\.(?=.))?)*$/;
const written = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:\s[\]]+)):(\d{1,5})$/;

/**
 * Reads `HOST:PORT`, as `10.0.0.1:8080`, `[fd00::1]:8080` or `origin-1.internal:8080`. What it
 * takes has no character that means anything in an engine's configuration.
 * @throws {UsageError} `USAGE_ARGUMENT`
 */
export function parseEndpoint(text: string): Endpoint {
  const [, v6, name, digits] = written.exec(text) ?? [];
  const host = v6 ?? name ?? "";
  const port = Number(digits);
  const good = v6 === undefined ? isHost(host) : isIPv6(v6);
  if (good && port > 0 && port < 65_536) return { host, port };
  const shown = JSON.stringify(text.slice(0, 80));
  const what = `${shown} is no address with a port, as 10.0.0.1:8080 or [fd00::1]:8080.`;
  throw new UsageError("USAGE_ARGUMENT", what);
}

/** Digits and dots alone are an address or nothing: resolvers read `010.1` in surprising ways. */
function isHost(host: string): boolean {
  return /^[\d.]+$/.test(host) ? isIPv4(host) : hostName.test(host);
}

/**
 * An address or a network, as `10.0.0.0/8` or `fd00::/8`.
 * @throws {UsageError} `USAGE_ARGUMENT`
 */
export function parseNetwork(text: string): string {
  const [, address = "", digits] = /^([0-9A-Fa-f.:]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const bits = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1;
  if (bits > 0 && Number(digits ?? 0) <= bits) return text;
  const shown = JSON.stringify(text.slice(0, 80));
  throw new UsageError("USAGE_ARGUMENT", `${shown} is no address or network, as 10.0.0.0/8.`);
}

/** As both engines and URLs write it. */
export function endpointText({ host, port }: Endpoint): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
