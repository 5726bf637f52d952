import { type ExchangePorts, type ExchangeRequest, exchange } from "./exchange.ts";
import type { Route } from "./route.ts";

/**
 * Reads one small file over one route into memory, at most `lengthMax` bytes. Not verified.
 * @throws as `exchange`
 */
export async function fetchDocument(
  ports: ExchangePorts,
  route: Route,
  request: ExchangeRequest,
): Promise<Uint8Array> {
  const answer = await exchange(ports, route, request);
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of answer.body) {
    parts.push(part);
    length += part.length;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
