import { setTimeout as sleep } from "node:timers/promises";
import { HostError } from "@causeway/kernel";
import type { Counts } from "./counters.ts";
import type { HttpServer } from "./http-server.ts";
import type { OriginLimits } from "./limits.ts";
import type { Lanes, ListenOptions } from "./listen.ts";
import type { Log } from "./log.ts";
import type { Rulebook } from "./shield/rulebook.ts";
import { TlsListener } from "./tls/tls-listener.ts";
import type { TlsMaterial } from "./tls/tls-material.ts";

const againMs = 500;

/** The public ways into the server of one worker. They can be shut, and opened again. */
export class WorkerLanes {
  readonly #server: HttpServer;
  readonly #limits: OriginLimits;
  readonly #log: Log;
  readonly #rules: Rulebook;
  #lanes: Lanes<ListenOptions> = {};
  #secure: TlsListener | undefined;
  #newest: TlsMaterial | undefined; // may come before the listener is there
  #isWanted = true;
  #isOpen = false;
  #change: Promise<unknown> = Promise.resolve();

  constructor(server: HttpServer, limits: OriginLimits, log: Log, rules: Rulebook) {
    this.#rules = rules;
    this.#server = server;
    this.#limits = limits;
    this.#log = log;
  }

  /**
   * `material` is needed for the lane of TLS.
   * @returns the ports; none when they are to be shut for now
   * @throws {HostError}
   */
  async listen(
    lanes: Lanes<ListenOptions>,
    material: TlsMaterial | undefined,
  ): Promise<Lanes<number>> {
    this.#lanes = lanes;
    this.#newest ??= material;
    if (!this.#isWanted) return {};
    const opening = this.#open();
    this.#change = opening.catch(() => {}); // whoever asks for a change waits for it
    return opening;
  }

  /**
   * Takes new connections or none; who came in is served in either case. Resolves when that is so,
   * or something else was asked for.
   */
  async setPublic(isPublic: boolean): Promise<void> {
    this.#isWanted = isPublic;
    this.#change = this.#change.then(() => this.#becomeAsWanted());
    await this.#change;
  }

  /** Uses another certificate, or another key for sessions, from now on. */
  renewTls(material: TlsMaterial): void {
    this.#newest = material;
    this.#secure?.renew(material);
  }

  counts(): Counts {
    const counted = this.#server.counts();
    if (this.#secure === undefined) return counted;
    const { handshakes, handshaking } = this.#secure.counts();
    return { ...counted, handshakes, now: { ...counted.now, handshaking } };
  }

  /** Resolves when all answers under way are finished, or `graceMs` are over. */
  async stop(graceMs: number): Promise<void> {
    void this.setPublic(false);
    await Promise.all([this.#server.stop(graceMs), this.#secure?.stop()]);
  }

  async #open(): Promise<Lanes<number>> {
    const { plain, tls } = this.#lanes;
    const plainPort = plain && (await this.#server.listen(plain));
    const tlsPort = tls && (await this.#listenTls(tls));
    // The next time they are the same, also where any were wanted at first.
    this.#lanes = {
      plain: plain && { ...plain, port: plainPort ?? plain.port },
      tls: tls && { ...tls, port: tlsPort ?? tls.port },
    };
    this.#isOpen = true;
    return { plain: plainPort, tls: tlsPort };
  }

  async #listenTls(lane: ListenOptions): Promise<number | undefined> {
    if (this.#newest === undefined) return undefined;
    const { connectionsMax, tlsConnectionsMax } = this.#limits;
    const socketsMax = this.#lanes.plain === undefined ? connectionsMax : tlsConnectionsMax;
    const limits = { ...this.#limits, socketsMax };
    this.#secure ??= new TlsListener(limits, this.#newest, this.#server, this.#rules);
    return this.#secure.listen(lane);
  }

  #shut(): void {
    this.#server.unlisten();
    this.#secure?.unlisten();
    this.#isOpen = false;
  }

  async #becomeAsWanted(): Promise<void> {
    while (this.#isOpen !== this.#isWanted) {
      if (!this.#isWanted) return this.#shut();
      try {
        await this.#open();
      } catch (cause) {
        if (!(cause instanceof HostError)) throw cause;
        this.#log({ level: "error", event: "address-lost", fields: { why: cause.message } });
        this.#shut(); // of two lanes one may have been opened
        await sleep(againMs, undefined, { ref: false });
      }
    }
  }
}
