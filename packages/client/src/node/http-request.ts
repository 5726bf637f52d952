import { TLSSocket } from "node:tls";
import type { TransportRequest } from "@causeway/kernel";
import { basicCredentials } from "./credentials.ts";

export const headersLengthMax = 16 * 1024;
/** 103 Early Hints come once or twice; a flood of them costs CPU. */
export const interimAnswersMax = 8;

/** What every request says of itself, whichever HTTP carries it. */
export function requestHeaders({ url, range, headers }: TransportRequest): Record<string, string> {
  const authorization = basicCredentials(url);
  return {
    "user-agent": "causeway", // some services refuse those who send none
    ...(authorization !== undefined && { authorization }),
    ...headers,
    ...(range && { range: `bytes=${range.start}-${range.end - 1}` }),
  };
}

/** The `Bearer` header (RFC 6750); undefined when there is nothing to show. */
export function bearerCredentials({ url, bearer }: TransportRequest): string | undefined {
  if (bearer === undefined || basicCredentials(url) !== undefined) return undefined;
  return `Bearer ${bearer}`;
}

/** True for a connection whose certificate was good at another time: its key may be anybody's. */
export function isOfAnotherTime(socket: unknown): boolean {
  return socket instanceof TLSSocket && !socket.authorized;
}

/** Repeated headers are joined (RFC 9110 section 5.2), so that none hides another. */
export function joinHeaders(raw: readonly string[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? "").toLowerCase();
    const earlier = headers.get(name);
    const value = raw[at + 1] ?? "";
    headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return headers;
}
