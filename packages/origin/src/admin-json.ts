import type { IncomingMessage, ServerResponse } from "node:http";

/** Answers the admin port's client with JSON. */
export function sendJson(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store" });
  response.end(`${JSON.stringify(value)}\n`);
}

/** Says why not; with `code`, as `docs/errors.md` has it. */
export function refuseWith(
  response: ServerResponse,
  status: number,
  message: string,
  code?: string,
): void {
  sendJson(response, status, { error: { ...(code !== undefined && { code }), message } });
}

/**
 * The JSON that a client sends, as bytes. It must be called so: no form of a web page can.
 * @returns undefined when it was refused: it is no JSON, is longer than `lengthMax`, or has no end
 */
export async function jsonBodyOf(
  request: IncomingMessage,
  response: ServerResponse,
  lengthMax: number,
): Promise<Buffer | undefined> {
  if (request.headers["content-type"] !== "application/json") {
    refuseWith(response, 415, "send Content-Type: application/json");
    return undefined;
  }
  const bytes = await bodyOf(request, lengthMax);
  if (bytes !== undefined) return bytes;
  response.shouldKeepAlive = false; // the rest is not read
  refuseWith(response, 413, `send at most ${lengthMax} bytes`);
  return undefined;
}

/** @returns undefined when there is more than `lengthMax`, or the client has gone */
async function bodyOf(request: IncomingMessage, lengthMax: number): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    // Or leaving the loop would close the connection before the answer.
    const iterator: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
    for await (const part of iterator) {
      length += part.length;
      if (length > lengthMax) return undefined;
      parts.push(part);
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(parts);
}
