import type { Counts } from "./counters.ts";
import type { HttpServer } from "./http-server.ts";
import type { OriginLimits } from "./limits.ts";
import type { Lanes, ListenOptions } from "./listen.ts";
import { TlsListener } from "./tls/tls-listener.ts";
import type { TlsMaterial } from "./tls/tls-material.ts";

/** The public ways into the server of one worker. */
export class WorkerLanes {
  readonly #server: HttpServer;
  readonly #limits: OriginLimits;
  #secure: TlsListener | undefined;
  #newest: TlsMaterial | undefined; // may come before the listener is there

  constructor(server: HttpServer, limits: OriginLimits) {
    this.#server = server;
    this.#limits = limits;
  }

  /** `tls` is needed for the lane of that name. @returns the ports. @throws {HostError} */
  async listen(
    lanes: Lanes<ListenOptions>,
    material: TlsMaterial | undefined,
  ): Promise<Lanes<number>> {
    const plain = lanes.plain && (await this.#server.listen(lanes.plain));
    if (lanes.tls === undefined || material === undefined) return { plain };
    const { connectionsMax, tlsConnectionsMax } = this.#limits;
    const socketsMax = plain === undefined ? connectionsMax : tlsConnectionsMax;
    const limits = { ...this.#limits, socketsMax };
    this.#secure ??= new TlsListener(limits, this.#newest ?? material, this.#server);
    return { plain, tls: await this.#secure.listen(lanes.tls) };
  }

  /** Takes nobody new, until `listen` is called again; who came in is served. */
  unlisten(): void {
    this.#server.unlisten();
    this.#secure?.unlisten();
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
    await Promise.all([this.#server.stop(graceMs), this.#secure?.stop()]);
  }
}
