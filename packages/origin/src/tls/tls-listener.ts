import { getRandomValues } from "node:crypto";
import type { Socket } from "node:net";
import {
  createServer as createTlsServer,
  type TLSSocket,
  type Server as TlsServer,
} from "node:tls";
import { type Counts, type HandshakeEnd, zeroCounts } from "../counters.ts";
import { Door } from "../door.ts";
import type { OriginLimits } from "../limits.ts";
import type { ListenOptions } from "../listen.ts";
import type { Rulebook } from "../shield/rulebook.ts";
import { HandshakeShares } from "./handshake-shares.ts";
import { HandshakesUnderWay } from "./handshakes-under-way.ts";
import { contextOptions, type TlsMaterial } from "./tls-material.ts";

const sweepMs = 500;

/** Who takes a connection once it is secure. */
export interface TlsHost {
  adopt(socket: TLSSocket): void;
  /** All places are taken. */
  makeRoom(): void;
}

/**
 * The TLS port of one worker. It accepts connections itself and hands only those to TLS that may
 * begin a handshake now: the dear part starts with the first byte that OpenSSL reads.
 */
export class TlsListener {
  readonly #door: Door;
  readonly #tls: TlsServer;
  readonly #limits: OriginLimits;
  readonly #rules: Rulebook;
  readonly #shares: HandshakeShares;
  readonly #underWay: HandshakesUnderWay<Socket>;
  readonly #byPeer = new Map<string, Socket>();
  readonly #ends = zeroCounts().handshakes;
  readonly #sweep: NodeJS.Timeout;

  constructor(
    limits: OriginLimits & { readonly socketsMax: number },
    material: TlsMaterial,
    host: TlsHost,
    rules: Rulebook,
  ) {
    this.#limits = limits;
    this.#rules = rules;
    this.#shares = new HandshakeShares(limits, (into) => getRandomValues(into));
    this.#underWay = new HandshakesUnderWay(limits.handshakesUnderWayMax);
    this.#tls = createTlsServer({
      ...contextOptions(material),
      ALPNProtocols: ["http/1.1"], // HTTP/2 would be one more thing to flood
      handshakeTimeout: limits.handshakeMs * 2, // only should the sweep fail
    });
    this.#tls.on("secureConnection", (socket) => this.#onSecure(socket, host));
    const full = { socketsMax: limits.socketsMax, onFull: () => host.makeRoom() };
    this.#door = new Door({ full, allowHalfOpen: false }, (socket) => this.#onConnection(socket));
    this.#sweep = setInterval(() => {
      this.#endLate();
      const { socketsMax, openedConnectionsMax } = limits;
      this.#door.setSocketsMax(rules.isOpen("connections") ? openedConnectionsMax : socketsMax);
    }, sweepMs).unref();
  }

  /** @returns the port. @throws {HostError} `HOST_ADDRESS` */
  listen(address: ListenOptions): Promise<number> {
    return this.#door.open(address, "--host, --port or --tls-port");
  }

  /** Lets nobody in any more, until `listen` is called again. */
  unlisten(): void {
    this.#door.shut();
  }

  /** For connections from now on; those that are open go on as they are. */
  renew(material: TlsMaterial): void {
    this.#tls.setSecureContext(contextOptions(material));
  }

  counts(): Pick<Counts, "handshakes"> & Pick<Counts["now"], "handshaking"> {
    return { handshakes: { ...this.#ends }, handshaking: this.#underWay.count };
  }

  /** Ends handshakes, and resolves when every connection has ended; those are its host's to end. */
  async stop(): Promise<void> {
    clearInterval(this.#sweep);
    for (const socket of this.#underWay.keys()) socket.destroy();
    await this.#door.stop();
  }

  #onConnection(socket: Socket): void {
    // An error is followed by "close", and that is what counts here.
    socket.on("error", () => {});
    const now = performance.now();
    const peer = peerOf(socket);
    const isOpen = this.#rules.isOpen("handshakes");
    const verdict = this.#shares.judge(socket.remoteAddress, now);
    if (verdict !== "begin" && !isOpen) return this.#cut(socket, verdict);
    const victim = this.#underWay.begin(socket, socket.remoteAddress, now, !isOpen);
    if (victim !== undefined) this.#cut(victim, "crowded-out");
    this.#byPeer.set(peer, socket);
    socket.once("close", () => {
      this.#byPeer.delete(peer);
      if (this.#underWay.end(socket)) this.#ends.failed++;
    });
    this.#tls.emit("connection", socket);
  }

  #onSecure(socket: TLSSocket, host: TlsHost): void {
    const beneath = this.#byPeer.get(peerOf(socket));
    // One that had to go may finish its handshake in the same turn.
    if (beneath === undefined || !this.#underWay.end(beneath)) return void socket.destroy();
    // A client may end its side after its request and still read, as over plain HTTP; one that
    // does so before was let go at once.
    socket.allowHalfOpen = true;
    this.#ends[socket.isSessionReused() ? "resumed" : "full"]++;
    host.adopt(socket);
  }

  #endLate(): void {
    const late = this.#underWay.endBefore(performance.now() - this.#limits.handshakeMs);
    for (const socket of late) this.#cut(socket, "late");
  }

  /** By a reset: nothing more is sent or kept for it. */
  #cut(socket: Socket, end: HandshakeEnd): void {
    this.#ends[end]++;
    socket.resetAndDestroy();
  }
}

/** TLS does not say which socket it runs over; both know the client's end of it. */
function peerOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}
