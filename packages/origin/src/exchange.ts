import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Counters, Status, TrafficCounters } from "./counters.ts";
import type { HeaderList } from "./headers.ts";
import { latencyBucket } from "./measures/latency.ts";
import type { RepositoryPath } from "./request-path.ts";
import type { HoldableSeat } from "./shield/connection-slots.ts";
import type { RequestClass } from "./shield/request-class.ts";
import type { Ticket } from "./shield/ticket.ts";
import type { Place } from "./shield/waiting-places.ts";
import type { AddressPrefix } from "./tls/address-prefix.ts";

/** What handlers read of a request; Node's has it, and that of a `PlainReader`. */
export type HttpRequest = Pick<
  IncomingMessage,
  "method" | "url" | "httpVersion" | "headers" | "socket"
> & { readonly rawHeaders: readonly string[] };

/** What handlers do with an answer; Node's can, and a `PlainAnswer`. */
export interface HttpResponse {
  readonly socket: Socket | null;
  readonly statusCode: number;
  readonly headersSent: boolean;
  /** It is over: it is with the system, or its client is gone. */
  readonly destroyed: boolean;
  /** Whether the connection may stay open behind it; settled by its head. */
  shouldKeepAlive: boolean;
  writeHead(status: number, headers: string[]): unknown;
  write(bytes: Buffer, then: (error?: Error | null) => void): unknown;
  end(): unknown;
  end(body: Buffer | string): unknown;
  end(body: string, encoding: "latin1"): unknown;
  destroy(): unknown;
  once(event: "close", listener: () => void): unknown;
  off(event: "close", listener: () => void): unknown;
  listenerCount(event: "close"): number;
}

/** One request and its answer. */
export interface Exchange {
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  /** The file asked for; undefined when the target cannot name one. */
  readonly path: RepositoryPath | undefined;
  readonly class: RequestClass;
  /** The address of who asks; undefined when it is gone, or our own edge asks for itself. */
  readonly client: string | undefined;
  /** The same as what shares are counted by. */
  readonly from: AddressPrefix | undefined;
  /** When its turn came, as `performance.now()` tells it. */
  readonly startedAt: number;
  /** What the client has shown to be known by; undefined for a newcomer, and until it is read. */
  ticket: Ticket | undefined;
  /** What a newcomer has shown that was refused before, and has waited. */
  place?: Place;
  readonly counters: Counters;
  /** The connection that it came over. */
  readonly seat: HoldableSeat;
  /** Absent where no shield decides whose turn it is. */
  slot?: WorkSlot;
}

/**
 * The right to work on an answer now. A handler begins with it, gives it back while only the client
 * can go on, and takes the next one before more work.
 */
export interface WorkSlot {
  /** Safe to call twice. */
  free(): void;
  /** Resolves when it has the next one, or its client is gone; undefined when it has it at once. */
  take(): Promise<void> | undefined;
}

/**
 * Answers an exchange. Handlers stack: one that judges requests (a shield) takes the next one
 * and calls it, or answers in its place. A rejection is our bug, and ends the worker.
 */
export type Handler = (exchange: Exchange) => Promise<void>;

/** Writes the status and headers. The body, if any, is the caller's to send. */
export function begin(exchange: Exchange, status: Status, headers: HeaderList): void {
  const traffic = trafficOf(exchange);
  traffic.answers[status]++;
  if (status < 400) {
    const seconds = (performance.now() - exchange.startedAt) / 1000;
    const bucket = latencyBucket(seconds);
    traffic.latency[bucket] = (traffic.latency[bucket] ?? 0) + 1;
    traffic.latencySeconds += seconds;
  }
  exchange.response.writeHead(status, headers as string[]);
}

/** Where an exchange is counted. */
export function trafficOf({ class: name, ticket, counters }: Exchange): TrafficCounters {
  return counters.traffic[name][ticket === undefined ? "newcomer" : "ticketed"];
}
