import type { Socket } from "node:net";
import type { HttpRequest } from "../exchange.ts";

/** A path and a query of RFC 3986; what else a target may hold is for Node to judge. */
const requestLine = /GET (\/[A-Za-z0-9\-._~%!$&'()*+,;=:@/?]*) HTTP\/1\.1\r\n/y;
/** One field line of RFC 9112 section 5, in the form in which every client writes it. */
const fieldLine = /([A-Za-z-]+): ([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)\r\n/y;
/** Fields that say how a message is framed, or what becomes of the connection. */
const framing: ReadonlySet<string> = new Set([
  "content-length",
  "expect",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Reads the one kind of request that nobody can read in two ways: bytes that are the whole head of
 * one GET of HTTP/1.1 and nothing else, without a body, each field once and in printable ASCII.
 * @param bytesMax longer heads are not plain
 * @returns undefined for everything else: it is for Node's parser, which takes or refuses it
 */
export function readPlainRequest(
  bytes: Buffer,
  socket: Socket,
  bytesMax: number,
): HttpRequest | undefined {
  if (bytes.length > bytesMax) return undefined;
  const text = bytes.toString("latin1");
  requestLine.lastIndex = 0;
  const url = requestLine.exec(text)?.[1];
  if (url === undefined) return undefined;
  const headers: Record<string, string> = Object.create(null);
  const rawHeaders: string[] = [];
  const end = text.length - 2;
  let at = requestLine.lastIndex;
  while (at < end) {
    fieldLine.lastIndex = at;
    const [, name = "", value = ""] = fieldLine.exec(text) ?? [];
    const key = name.toLowerCase();
    if (name === "" || key in headers || framing.has(key)) return undefined;
    if (key === "connection" && !/^(?:keep-alive|close)$/i.test(value)) return undefined;
    headers[key] = value;
    rawHeaders.push(name, value);
    at = fieldLine.lastIndex;
  }
  if (at !== end || !text.endsWith("\r\n")) return undefined;
  return { method: "GET", url, httpVersion: "1.1", headers, rawHeaders, socket };
}
