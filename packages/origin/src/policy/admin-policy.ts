import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { CausewayError, Fields, parseJson, toUtcSecond } from "@causeway/kernel";
import type { Log } from "../log.ts";
import { policyLimits } from "./policy.ts";
import { decodePolicy, encodePolicy } from "./policy-document.ts";
import type { PolicyKeeper } from "./policy-keeper.ts";

/**
 * `GET /policy` tells what is in force, and why; `PUT /policy` replaces what operators have said
 * here. With `If-Match`, only what the `ETag` before was of (RFC 9110 section 13.1.1).
 */
export async function answerPolicy(
  request: IncomingMessage,
  response: ServerResponse,
  keeper: PolicyKeeper,
  log: Log,
): Promise<void> {
  const refuse = (status: number, why: string): void => {
    send(response, status, { error: { message: why } });
  };
  if (request.method === "PUT") {
    if (request.headers["content-type"] !== "application/json") {
      return refuse(415, "send Content-Type: application/json");
    }
    const bytes = await bodyOf(request, policyLimits.bytesMax);
    if (bytes === undefined) response.shouldKeepAlive = false; // the rest is not read
    if (bytes === undefined) return refuse(413, `send at most ${policyLimits.bytesMax} bytes`);
    // Nothing is waited for from here on, so nobody else changes it in between.
    const expected = request.headers["if-match"];
    if (expected !== undefined && expected !== tagOf(keeper)) {
      return refuse(412, "somebody has changed it; get it again");
    }
    try {
      keeper.setOwn(decodePolicy(new Fields(parseJson(bytes, "policy"), "policy"), Date.now()));
    } catch (cause) {
      if (!(cause instanceof CausewayError)) throw cause;
      return refuse(400, cause.message);
    }
    const policy = JSON.stringify(encodePolicy(keeper.own));
    log({ level: "warn", event: "policy-set", fields: { policy } });
  } else if (request.method !== "GET") {
    response.setHeader("Allow", "GET, PUT");
    return refuse(405, "use GET or PUT");
  }
  response.setHeader("ETag", tagOf(keeper));
  send(response, 200, {
    own: encodePolicy(keeper.own),
    file: shownFile(keeper),
    inForce: encodePolicy(keeper.inForce),
  });
}

function shownFile({ file, refused }: PolicyKeeper): object {
  if (file === undefined) return { version: null, refused };
  const { version, expires, policy } = file;
  return { version, expires: toUtcSecond(expires), policy: encodePolicy(policy), refused };
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

function tagOf({ own }: PolicyKeeper): string {
  const hash = createHash("sha256").update(JSON.stringify(own)).digest("base64url");
  return `"${hash.slice(0, 22)}"`;
}

function send(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store" });
  response.end(`${JSON.stringify(value)}\n`);
}
