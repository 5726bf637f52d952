import type { Exchange, Handler } from "../exchange.ts";
import type { Log, LogEntry } from "../log.ts";
import { HyperLogLog } from "../measures/hyper-log-log.ts";
import { type Hash, keyedHash } from "../measures/keyed-hash.ts";
import { TrustedEdges } from "./trusted-edges.ts";

const windowMs = 10_000;
const quietMs = 600_000; // who has read it is at work on it
const machinesMin = 20; // more than run behind one address of a private network, but for an edge
const requestsMin = 20;
/** Addresses of edges in front, on the same machine or in the same place; a customer has none. */
const near = new TrustedEdges([
  "127.0.0.0/8",
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "100.64.0.0/10",
  "169.254.0.0/16",
  "::1",
  "fc00::/8",
  "fd00::/8",
  "fe80::/10",
]);

/**
 * Notices an edge that hides who asks, so that all of its clients have the share of one address: it
 * says who they are and is not trusted, or is trusted and does not say, or shows the tickets of many
 * machines from one address nearby. In each window it looks at whoever sent most in the one before
 * (the majority vote of Boyer and Moore, 1981), so it takes the same memory whoever comes.
 */
export class HiddenClients {
  readonly #key: Hash;
  readonly #log: Log;
  readonly #toldAt = new Map<string, number>();
  #most = { peer: "", votes: 0 };
  #suspect = "";
  #seen = { all: 0, suspect: 0, saysWho: 0, saysNobody: 0 };
  readonly #machines = new HyperLogLog();

  /** `key` is random and secret. */
  constructor(key: Hash, log: Log) {
    this.#key = key;
    this.#log = log;
  }

  /** Looks at requests whose tickets have been read. */
  handler(next: Handler): Handler {
    return (exchange) => {
      const peer = exchange.request.socket.remoteAddress;
      if (peer !== undefined) this.#note(peer, exchange); // our own edge always says who asks
      return next(exchange);
    };
  }

  /** Looks on the clock of this process, until what it returns is called. */
  run(): () => void {
    const look = (): void => this.endWindow(performance.now());
    const looking = setInterval(look, windowMs).unref();
    return () => clearInterval(looking);
  }

  /** To be called every ten seconds. `now` in milliseconds of a clock that never goes back. */
  endWindow(now: number): void {
    const { all, suspect, saysWho, saysNobody } = this.#seen;
    const address = this.#suspect;
    if (saysNobody >= requestsMin) {
      this.#tell(now, "edge-hides-clients", {
        address,
        next: "have this edge set X-Forwarded-For: all of its clients have no share of their own",
      });
    } else if (saysWho >= requestsMin && saysWho * 2 > all) {
      this.#tell(now, "edge-not-trusted", {
        address,
        next: `if it is an edge of yours: serve --trust-edge ${address}; its clients are one to us`,
      });
    } else if (suspect * 2 > all && near.includes(address)) {
      const machines = Math.round(this.#machines.estimate());
      if (machines >= machinesMin) {
        this.#tell(now, "edge-hides-clients", {
          address,
          machines,
          next: `have what is there set X-Forwarded-For, and serve --trust-edge ${address}`,
        });
      }
    }
    this.#suspect = this.#most.peer;
    this.#most = { peer: "", votes: 0 };
    this.#seen = { all: 0, suspect: 0, saysWho: 0, saysNobody: 0 };
    this.#machines.clear();
  }

  #note(peer: string, { request, client, ticket }: Exchange): void {
    this.#vote(peer);
    this.#seen.all++;
    if (peer !== this.#suspect) return;
    this.#seen.suspect++;
    const isBelieved = client !== peer;
    if (isBelieved && client === undefined && ticket !== undefined) this.#seen.saysNobody++;
    if (!isBelieved && request.headers["x-forwarded-for"] !== undefined) this.#seen.saysWho++;
    if (isBelieved || ticket === undefined) return;
    this.#machines.add(keyedHash(this.#key, Buffer.from(ticket.sub, "latin1")));
  }

  #vote(peer: string): void {
    if (this.#most.votes === 0) this.#most = { peer, votes: 1 };
    else this.#most.votes += this.#most.peer === peer ? 1 : -1;
  }

  #tell(now: number, event: string, fields: LogEntry["fields"]): void {
    if (now - (this.#toldAt.get(event) ?? Number.NEGATIVE_INFINITY) < quietMs) return;
    this.#toldAt.set(event, now);
    this.#log({ level: "error", event, fields });
  }
}
