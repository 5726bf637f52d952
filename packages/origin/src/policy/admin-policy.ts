import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { CausewayError, Fields, parseJson, toUtcSecond } from "@causeway/kernel";
import { jsonBodyOf, refuseWith, sendJson } from "../admin-json.ts";
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
  if (request.method === "PUT") {
    const bytes = await jsonBodyOf(request, response, policyLimits.bytesMax);
    if (bytes === undefined) return;
    // Nothing is waited for from here on, so nobody else changes it in between.
    const expected = request.headers["if-match"];
    if (expected !== undefined && expected !== tagOf(keeper)) {
      return refuseWith(response, 412, "somebody has changed it; get it again");
    }
    try {
      keeper.setOwn(decodePolicy(new Fields(parseJson(bytes, "policy"), "policy"), Date.now()));
    } catch (cause) {
      if (!(cause instanceof CausewayError)) throw cause;
      return refuseWith(response, 400, cause.message);
    }
    const policy = JSON.stringify(encodePolicy(keeper.own));
    log({ level: "warn", event: "policy-set", fields: { policy } });
  } else if (request.method !== "GET") {
    response.setHeader("Allow", "GET, PUT");
    return refuseWith(response, 405, "use GET or PUT");
  }
  response.setHeader("ETag", tagOf(keeper));
  sendJson(response, 200, {
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

function tagOf({ own }: PolicyKeeper): string {
  const hash = createHash("sha256").update(JSON.stringify(own)).digest("base64url");
  return `"${hash.slice(0, 22)}"`;
}
