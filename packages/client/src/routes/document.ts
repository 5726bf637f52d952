import { type Answer, type ExchangePorts, type ExchangeRequest, exchange } from "./exchange.ts";
import type { Route } from "./route.ts";

/** A small file as a route sent it. Not verified. */
export interface Document {
  readonly bytes: Uint8Array;
  /** What is to be said of the route when they are wrong; see `Answer`. */
  readonly blamed: Answer["blamed"];
}

/**
 * Reads one small file over one route into memory, at most `lengthMax` bytes.
 * @throws as `exchange`
 */
export async function fetchDocument(
  ports: ExchangePorts,
  route: Route,
  request: ExchangeRequest,
): Promise<Document> {
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
  const { blamed } = answer;
  return { bytes: length === bytes.length ? bytes : bytes.slice(0, length), blamed };
}

/** What `verify` makes of the document. @throws what is to be said of the route when it throws */
export function verified<Value>(
  { bytes, blamed }: Document,
  verify: (bytes: Uint8Array) => Value,
): Value {
  try {
    return verify(bytes);
  } catch (error) {
    throw blamed(error);
  }
}

function grown(old: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  bytes.set(old);
  return bytes;
}
