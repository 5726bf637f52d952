import { type Delivery, RouteError, type TransportRequest } from "@causeway/kernel";
import type { Life, Settle } from "../life.ts";
import type { World } from "../world.ts";
import { BodyStream } from "./body-stream.ts";
import type { Line } from "./line.ts";
import type { Answer, Asked, Body, Reply } from "./reply.ts";

/** A server at the other end of a line. */
export interface Host {
  readonly name: string;
  readonly line: Line;
  serve(asked: Asked): Reply;
}

/** One request, as those who watch the network see it. */
export interface Exchange {
  readonly host: string;
  /** Of a private entrance; undefined at the public address. */
  readonly port: number | undefined;
  readonly path: string;
  /** What was shown with it to be known by. */
  readonly bearer: string | undefined;
  readonly life: Life;
  /** World time. */
  readonly askedAt: number;
  answer: Answer | undefined;
  stream: BodyStream | undefined;
  /** The client is through with it. */
  closed: boolean;
}

/** Where it was asked: each has its own connections, and asks for rest by itself. */
export function addressOf({ host, port }: Pick<Exchange, "host" | "port">): string {
  return port === undefined ? host : `${host}:${port}`;
}

/** A request under way, and all that it touches. */
export interface UnderWay {
  readonly world: World;
  readonly home: Line;
  readonly host: Host;
  readonly exchange: Exchange;
  readonly request: TransportRequest;
  readonly settle: Settle<Delivery>;
}

interface Events {
  /** The headers are here. */
  readonly answered: () => void;
  /** The connection can carry another request. */
  readonly reusable: () => void;
}

/** Sends a request on its way: connect, ask, wait for the headers. */
export function startRequest(under: UnderWay, reused: boolean, events: Events): void {
  const { exchange, request, settle, host, world } = under;
  const onAbort = (): void => {
    exchange.closed = true;
    if (exchange.stream === undefined) settle.reject(request.signal.reason);
    else exchange.stream.cancel(request.signal.reason);
  };
  request.signal.addEventListener("abort", onAbort, { once: true });
  const ask = (): void => {
    cross(under, () => {
      const { range } = request;
      const { path, port } = exchange;
      const reply = host.serve({ path, port, range, now: world.instant });
      if (reply.kind === "silence") return;
      if (reply.kind !== "answer") {
        cross(under, () => fail(under, reply.kind));
        return;
      }
      world.after(reply.thinkMs ?? 0, () => {
        cross(under, () => settle.resolve(deliver(under, reply, events)));
      });
    });
  };
  if (reused) ask();
  else {
    const connected = (): void => {
      request.onStep?.("connected");
      ask();
    };
    cross(under, () => cross(under, connected));
  }
}

/** Does `act` when something that is sent now has crossed the line, if it does. */
function cross(under: UnderWay, act: () => void): void {
  const { world, host, exchange } = under;
  const passage = host.line.pass(world.now);
  if (passage.kind === "never") return;
  const { latencyMs } = host.line.traits;
  world.after(passage.kind === "arrives" ? passage.afterMs : latencyMs, () => {
    if (exchange.closed || exchange.life.dead) return;
    if (passage.kind === "arrives") act();
    else fail(under, "reset");
  });
}

function fail({ exchange, request, settle }: UnderWay, what: "reset" | "refused"): void {
  exchange.closed = true;
  const [url, text] = [request.url.href, `${what} the connection`];
  settle.reject(new RouteError("ROUTE_UNREACHABLE", url, text, { reset: what === "reset" }));
}

function deliver(under: UnderWay, answer: Answer, events: Events): Delivery {
  const { world, home, host, exchange, request } = under;
  const way = { world, home, line: host.line, life: exchange.life };
  const broken = (): Error => {
    return new RouteError("ROUTE_TRUNCATED", request.url.href, "broke the connection");
  };
  const stream = new BodyStream(way, framed(answer), { whole: events.reusable, broken });
  exchange.answer = answer;
  exchange.stream = stream;
  events.answered();
  return {
    status: answer.status,
    headers: answer.headers,
    body: stream,
    close() {
      exchange.closed = true;
      stream.cancel();
    },
  };
}

/** The body as HTTP frames it: no more than its promised length, and broken when it is less. */
function framed({ headers, body }: Answer): Body {
  const promised = headers.get("content-length");
  if (promised === undefined || !/^\d{1,15}$/.test(promised)) return body;
  const length = Number(promised);
  if (body.length > length) return { ...body, length, after: "end" };
  return body.length < length && body.after === "end" ? { ...body, after: "reset" } : body;
}
