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
  // Of what it promises, so that the parts are not held beside the whole.
  let bytes = new Uint8Array(Math.min(answer.length ?? 0, request.lengthMax));
  let length = 0;
  for await (const part of answer.body) {
    const end = length + part.length;
    if (end > bytes.length) bytes = grown(bytes, Math.max(end, 2 * length));
    bytes.set(part, length);
    length = end;
  }
  return length === bytes.length ? bytes : bytes.slice(0, length);
}

function grown(old: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  bytes.set(old);
  return bytes;
}
