import { get, type IncomingMessage } from "node:http";
import { get as getSecurely } from "node:https";

const timeoutMs = 10_000;

/** The route answered that it does not have the file. */
export class Missing extends Error {}

/**
 * Fetches the file at `path` below `base`.
 * @throws {Missing} on 403 and 404; an Error on anything else than 200 and at most `lengthMax`
 *   bytes
 */
export async function fetchFile(
  base: string,
  path: string,
  lengthMax: number,
): Promise<Uint8Array> {
  const url = new URL(path, base.endsWith("/") ? base : `${base}/`);
  const response = await open(url);
  const { statusCode } = response;
  if (statusCode !== 200) {
    response.destroy();
    if (statusCode === 403 || statusCode === 404) throw new Missing(`${url.href} is not there`);
    throw new Error(`${url.href} answered ${statusCode}`);
  }
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > lengthMax) throw new Error(`${url.href} is longer than ${lengthMax} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function open(url: URL): Promise<IncomingMessage> {
  const start = url.protocol === "https:" ? getSecurely : get;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  start(url, { agent: false, signal: AbortSignal.timeout(timeoutMs) }, resolve).on("error", reject);
  return promise;
}
