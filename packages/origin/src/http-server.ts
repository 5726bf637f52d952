import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { errnoOf } from "@causeway/client/internal/host-error";
import { Connection } from "./connection.ts";
import { type Counters, type Counts, type DropReason, zeroCounts } from "./counters.ts";
import { Door } from "./door.ts";
import {
  type Exchange,
  type Handler,
  type HttpRequest,
  type HttpResponse,
  trafficOf,
} from "./exchange.ts";
import { hasBody, isPlain } from "./framing.ts";
import type { OriginLimits } from "./limits.ts";
import type { ListenOptions } from "./listen.ts";
import type { Log } from "./log.ts";
import { PlainReader } from "./plain/plain-reader.ts";
import { rawRefusal } from "./refusals.ts";
import { parseRequestTarget } from "./request-path.ts";
import { ConnectionPlaces } from "./shield/connection-places.ts";
import { forwardedFor } from "./shield/forwarded-for.ts";
import { classOf } from "./shield/request-class.ts";
import { Rulebook } from "./shield/rulebook.ts";
import { TrustedEdges } from "./shield/trusted-edges.ts";
import { prefixOf } from "./tls/address-prefix.ts";

const sweepMs = 1_000;
const turnMs = 50;

/** What stands around a server. */
interface ServerPorts {
  readonly rules?: Rulebook;
  readonly edges?: TrustedEdges;
  /** Called for each connection that a listener of `listen` accepted. */
  readonly onAccepted?: () => void;
  /** Whether a machine at that address may come in there; absent: all may. */
  readonly isWelcome?: ((address: string) => boolean) | undefined;
}

/**
 * Serves the connections of one worker, whichever way they come in: it bounds them, and hands each
 * request to a handler.
 */
export class HttpServer {
  readonly #server: Server;
  readonly #handler: Handler;
  readonly #limits: OriginLimits;
  readonly #log: Log;
  readonly #rules: Rulebook;
  readonly #edges: TrustedEdges;
  readonly #counters: Counters = zeroCounts();
  readonly #connections = new Map<Socket, Connection>();
  readonly #places: ConnectionPlaces<Connection>;
  readonly #publicDoor: Door;
  readonly #edgeDoor: Door;
  readonly #fromEdge = new WeakSet<Socket>();
  readonly #sweep: NodeJS.Timeout;
  readonly #turns: NodeJS.Timeout;
  #stopping = false;
  #watching = false;
  #onEmpty: () => void = () => {};

  constructor(handler: Handler, limits: OriginLimits, log: Log, around: ServerPorts = {}) {
    const { rules = new Rulebook(), edges = new TrustedEdges() } = around;
    this.#handler = handler;
    this.#rules = rules;
    this.#edges = edges;
    this.#limits = limits;
    this.#log = log;
    this.#server = createServer({
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.headerTimeMs,
      requestTimeout: limits.headerTimeMs, // bodies are refused, so the head is all of it
      connectionsCheckingInterval: sweepMs,
      keepAliveTimeout: limits.keepAliveMs,
      insecureHTTPParser: false,
      requireHostHeader: false, // Node would answer by itself, past the order of ours
      optimizeEmptyRequests: true, // nobody reads a request's body, so it need not end
    });
    this.#server.maxHeadersCount = 0; // Node would leave out the rest; requestRules refuses
    // A client may end its side after its request and still read. Node's types lack the switch.
    Object.assign(this.#server, { httpAllowHalfOpen: true });
    this.#server.maxRequestsPerSocket = limits.requestsPerConnectionMax;
    this.#places = new ConnectionPlaces(limits, rules, (each) => {
      this.#drop(each.socket, each, "limit");
    });
    this.#listenToEvents();
    const { listeners, headerBytesMax: heldBytes } = limits;
    this.#publicDoor = new Door({ allowHalfOpen: true, heldBytes, listeners }, (socket) => {
      if (around.isWelcome?.(socket.remoteAddress ?? "") === false) {
        socket.destroy();
        return;
      }
      around.onAccepted?.();
      this.adopt(socket);
    });
    this.#edgeDoor = new Door({ allowHalfOpen: true, heldBytes }, (socket) => {
      this.#fromEdge.add(socket);
      this.adopt(socket);
    });
    this.#sweep = setInterval(() => this.#dropStalled(), sweepMs).unref();
    this.#turns = setInterval(() => this.#places.nextTurn(), turnMs).unref();
  }

  /** @returns the port. @throws {HostError} `HOST_ADDRESS` */
  listen(address: ListenOptions): Promise<number> {
    return this.#publicDoor.open(address, "address or port");
  }

  /** Listens there no more. Who came in goes on, and `listen` may be called again. */
  unlisten(): void {
    this.#publicDoor.shut();
  }

  /**
   * Listens on a UNIX socket for our own edge, which is believed about whom it asks for.
   * @throws {HostError}
   */
  listenToEdge(path: string): Promise<void> {
    return this.#edgeDoor.openSocket(path);
  }

  /** Serves a connection that another listener accepted, as one over TLS. */
  adopt(socket: Socket): void {
    const connection = this.#seat(socket);
    if (socket.destroyed) return;
    if (socket instanceof TLSSocket) return this.#handToNode(socket);
    const { headerBytesMax, keepAliveMs, requestsPerConnectionMax } = this.#limits;
    connection.isReadHere = true;
    const reader = new PlainReader(socket, {
      headBytesMax: headerBytesMax,
      keepAliveMs,
      requestsMax: requestsPerConnectionMax,
      onRequest: (request, answer) => this.#onRequest(request, answer),
      onOther: (bytes) => {
        connection.isReadHere = false;
        this.#handToNode(socket, bytes);
      },
      onCrowded: () => this.#drop(socket, connection, "pipelining"),
    });
    reader.begin();
  }

  /** `bytes` is what was read of it already. */
  #handToNode(socket: Socket, bytes?: Buffer): void {
    // Node begins to watch over the connections of an HTTP server when that listens itself.
    if (!this.#watching) this.#server.emit("listening");
    this.#watching = true;
    this.#server.emit("connection", socket);
    // Whoever listens to data keeps Node from handing it to its parser beneath the stream, where
    // no pause is obeyed: records behind the one in which it paused would be taken for an error.
    // A plain socket has no records, and is read a sixth cheaper beneath.
    if (socket instanceof TLSSocket) socket.on("data", () => {});
    if (bytes !== undefined) socket.emit("data", bytes);
  }

  /** A connection over TLS found no place: one gives way to whoever comes next. */
  makeRoom(): void {
    this.#counters.drops.limit++;
    this.#places.makeRoom(({ socket }) => socket instanceof TLSSocket);
  }

  counts(): Counts {
    for (const connection of this.#connections.values()) connection.countSent();
    const now = {
      ...this.#counters.now,
      open: this.#connections.size,
      resting: this.#places.resting,
    };
    return { ...this.#counters, now };
  }

  /** Resolves when the answers under way are finished, or `graceMs` are over. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.#publicDoor.shut();
    this.#edgeDoor.shut();
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    for (const connection of this.#connections.values()) {
      if (!connection.busy) connection.destroy();
    }
    const timer = setTimeout(() => {
      for (const connection of this.#connections.values()) connection.destroy();
    }, graceMs);
    await closed;
    if (this.#connections.size > 0) await empty; // those that were adopted
    clearTimeout(timer);
    clearInterval(this.#sweep);
    clearInterval(this.#turns);
  }

  #listenToEvents(): void {
    const onRequest = (request: HttpRequest, response: HttpResponse): void => {
      this.#onRequest(request, response);
    };
    this.#server.on("request", onRequest);
    // `Expect` is answered by the final status at once: no body is ever waited for.
    this.#server.on("checkContinue", onRequest);
    this.#server.on("checkExpectation", onRequest);
    this.#server.on("connect", (_request, socket) => this.#refuseRaw(socket as Socket, 405));
    this.#server.on("clientError", (error, socket) => {
      const code = errnoOf(error);
      if (code?.startsWith("ERR_SSL_")) return this.#endBrokenTls(socket as Socket);
      if (code === "HPE_HEADER_OVERFLOW") this.#refuseRaw(socket as Socket, 431);
      else if (code === "ERR_HTTP_REQUEST_TIMEOUT") this.#refuseRaw(socket as Socket, 408);
      else this.#refuseRaw(socket as Socket, 400);
    });
  }

  /** Gives a connection its place, if there is one. */
  #seat(socket: Socket): Connection {
    const { other } = this.#counters.traffic;
    const connection = new Connection(socket, this.#limits, other.newcomer);
    this.#counters.accepted++;
    if (this.#edges.includes(socket.remoteAddress)) this.#fromEdge.add(socket);
    this.#connections.set(socket, connection);
    connection.onHeld = (isHeld) => {
      if (isHeld) this.#places.leave(connection);
      else this.#takePlace(connection);
    };
    // Node stops listening for errors on a socket that asked for a tunnel; one unheard error ends
    // the process. What follows every error is "close", and that is what counts here.
    socket.on("error", () => {});
    socket.once("close", () => {
      connection.countSent();
      this.#connections.delete(socket);
      this.#places.leave(connection);
      if (this.#connections.size === 0) this.#onEmpty();
    });
    if (this.#stopping) connection.destroy();
    else this.#takePlace(connection);
    return connection;
  }

  #takePlace(connection: Connection): void {
    if (!connection.socket.destroyed) this.#places.take(connection);
  }

  #onRequest(request: HttpRequest, response: HttpResponse): void {
    const connection = this.#connections.get(request.socket);
    // The rest of a packet comes here even after the connection was dropped.
    if (connection === undefined || request.socket.destroyed) return;
    if (!isPlain(request)) return this.#refuseRaw(request.socket, 400);
    this.#places.wake(connection);
    const taken = connection.take((done) => {
      // Requests behind one that asked to close are not answered: Node gives them no socket.
      if (response.socket === null) return done();
      response.once("close", () => {
        connection.countSent();
        if (this.#stopping) connection.finish();
        done();
      });
      // A body that nobody reads must not be taken for the next request, whoever refuses this one.
      const last = this.#stopping || connection.ending || hasBody(request);
      if (last) response.shouldKeepAlive = false;
      void this.#answer(request, response, connection);
    });
    if (!taken) this.#drop(request.socket, connection, "pipelining");
  }

  /** A rejection means a bug of ours; nothing catches it, so it ends the worker. */
  async #answer(
    request: HttpRequest,
    response: HttpResponse,
    connection: Connection,
  ): Promise<void> {
    const { method = "", url = "" } = request;
    const path = parseRequestTarget(url, this.#limits.targetLengthMax);
    const exchange: Exchange = {
      request,
      response,
      path,
      class: classOf(method, url, path),
      ...this.#clientOf(request, connection),
      startedAt: performance.now(),
      ticket: undefined,
      counters: this.#counters,
      seat: connection,
    };
    connection.standing = "waiting";
    const answered = this.#handler(exchange);
    connection.ticket = exchange.ticket; // tickets are read at once
    const traffic = trafficOf(exchange);
    traffic.received++;
    connection.countSentFor(traffic);
    await answered;
    if (response.statusCode < 400) return;
    // Every client asks for the next root, and is told that there is none: not worth a line.
    if (response.statusCode === 404 && /^metadata\/\d+\.root\.json$/.test(path?.path ?? "")) return;
    const { client = "unknown" } = exchange;
    const fields = { status: response.statusCode, method, url, client };
    this.#log({ level: "info", event: "request-refused", fields });
  }

  #clientOf(request: HttpRequest, { from }: Connection): Pick<Exchange, "client" | "from"> {
    const { socket } = request;
    if (!this.#fromEdge.has(socket)) return { client: socket.remoteAddress, from };
    const client = forwardedFor(request);
    return { client, from: prefixOf(client) };
  }

  /** Answers what never became a request, behind the answers to those before it. */
  #refuseRaw(socket: Socket, status: 400 | 405 | 408 | 431): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined || !socket.writable) {
      socket.destroy();
      return;
    }
    if (!connection.endWith(rawRefusal(status))) return;
    const { newcomer } = this.#counters.traffic.other;
    newcomer.received++;
    newcomer.answers[status]++;
    if (status !== 405) this.#counters.drops.malformed++;
    const fields = { status, client: addressOf(socket) };
    this.#log({ level: "info", event: "connection-refused", fields });
  }

  /** What cannot be read can be answered no more. It is counted and not logged. */
  #endBrokenTls(socket: Socket): void {
    this.#counters.drops.tls++;
    socket.destroy();
  }

  #dropStalled(): void {
    const now = performance.now();
    const isOpen = this.#rules.isOpen("slow-readers");
    for (const [socket, connection] of this.#connections) {
      if (connection.isReadHere) this.#dropSilent(socket, connection, now);
      const isStalled = connection.isStalled(now); // also asked while it is open: it keeps the time
      if (!isStalled || isOpen) continue;
      this.#rules.noteRefused("slow-readers", connection.ticket);
      this.#drop(socket, connection, "slow-reader");
    }
  }

  /** As Node does with the connections that it reads. */
  #dropSilent(socket: Socket, connection: Connection, now: number): void {
    const { headerTimeMs, keepAliveMs } = this.#limits;
    const owesMs = connection.owesRequestMs(now);
    if (connection.standing === "unheard") {
      if (owesMs > headerTimeMs) this.#refuseRaw(socket, 408);
    } else if (owesMs > keepAliveMs) connection.destroy();
  }

  #drop(socket: Socket, connection: Connection, reason: DropReason): void {
    this.#counters.drops[reason]++;
    const fields = { reason, client: addressOf(socket) };
    connection.destroy();
    this.#log({ level: "info", event: "connection-dropped", fields });
  }
}

function addressOf(socket: Socket): string {
  return socket.remoteAddress ?? "unknown";
}
