import type { IncomingMessage, ServerResponse } from "node:http";
import type { Counters, Status } from "./counters.ts";
import type { HeaderList } from "./headers.ts";
import type { RepositoryPath } from "./request-path.ts";
import type { RequestClass } from "./shield/request-class.ts";
import type { Ticket } from "./shield/ticket.ts";

/** One request and its answer. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The file asked for; undefined when the target cannot name one. */
  readonly path: RepositoryPath | undefined;
  readonly class: RequestClass;
  /** What the client has shown to be known by; undefined for a newcomer. */
  readonly ticket: Ticket | undefined;
  readonly counters: Counters;
}

/**
 * Answers an exchange. Handlers stack: one that judges requests (a shield) takes the next one
 * and calls it, or answers in its place. A rejection is our bug, and ends the worker.
 */
export type Handler = (exchange: Exchange) => Promise<void>;

/** Writes the status and headers. The body, if any, is the caller's to send. */
export function begin(exchange: Exchange, status: Status, headers: HeaderList): void {
  exchange.counters.requests[status]++;
  exchange.response.writeHead(status, headers as string[]);
}
