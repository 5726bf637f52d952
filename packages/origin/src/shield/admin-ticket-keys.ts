import type { IncomingMessage, ServerResponse } from "node:http";
import { CausewayError } from "@causeway/kernel";
import { jsonBodyOf, refuseWith, sendJson } from "../admin-json.ts";
import { decodeTicketKeys, ticketKeyFileBytesMax } from "./ticket-key-file.ts";
import type { TicketKeyKeeper } from "./ticket-key-keeper.ts";

/**
 * `GET /ticket-keys` tells the ids of the keys, and which of them signs; `PUT /ticket-keys` puts
 * others in the file's place and takes them at once. No answer has a secret in it.
 */
export async function answerTicketKeys(
  request: IncomingMessage,
  response: ServerResponse,
  keeper: TicketKeyKeeper | undefined,
): Promise<void> {
  if (keeper === undefined) {
    return refuseWith(response, 404, "it gives no tickets: start it with --dir or --ticket-keys");
  }
  if (request.method === "PUT") {
    const bytes = await jsonBodyOf(request, response, ticketKeyFileBytesMax);
    if (bytes === undefined) return;
    try {
      await keeper.replace(decodeTicketKeys(bytes, "what was sent"));
    } catch (cause) {
      if (!(cause instanceof CausewayError)) throw cause;
      const status = cause.blame === "host" ? 500 : 400;
      return refuseWith(response, status, cause.message, cause.code);
    }
  } else if (request.method !== "GET") {
    response.setHeader("Allow", "GET, PUT");
    return refuseWith(response, 405, "use GET or PUT");
  }
  sendJson(response, 200, { keys: keeper.listed() });
}
