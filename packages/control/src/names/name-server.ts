import { isIP } from "node:net";
import { UsageError } from "@causeway/kernel";
import { type DnsName, isDnsName } from "./dns-name.ts";

/** A name server: its address or name, and the port. */
export interface NameServer {
  readonly host: string;
  readonly port: number;
}

const dnsPort = 53;

/**
 * Reads `192.0.2.53`, `[2001:db8::53]:5353` or `ns1.example.com:53`.
 * @throws {UsageError} `USAGE_ARGUMENT`
 */
export function toNameServer(text: string): NameServer {
  const host = text.replace(/^\[(.*)\]$/, "$1");
  if (isHost(host)) return { host, port: dnsPort };
  const [, before = "", digits = ""] = /^(.{1,260}):(\d{1,5})$/.exec(text) ?? [];
  const bare = before.replace(/^\[(.*)\]$/, "$1");
  const port = Number(digits);
  if (isHost(bare) && port > 0 && port < 65_536) return { host: bare, port };
  const shown = JSON.stringify(text.slice(0, 80));
  const message = `${shown} is no name server; write 192.0.2.53, [2001:db8::53]:53 or a name.`;
  throw new UsageError("USAGE_ARGUMENT", message);
}

// A zone index (`fe80::1%eth0`) may hold any character, and goes on a command line.
function isHost(text: string): boolean {
  return (isIP(text) !== 0 && !text.includes("%")) || isDnsName(text);
}

/** The server of that name, at the usual port. */
export function serverNamed(host: DnsName): NameServer {
  return { host, port: dnsPort };
}

export function shownServer({ host, port }: NameServer): string {
  if (port === dnsPort) return host;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
