import { heldFolder } from "@causeway/client/internal/held";
import type { Ports, RepositoryId } from "@causeway/kernel";
import { makeOwnFolder } from "@causeway/mirror";
import { type Log, type OriginLimits, startOrigin } from "@causeway/origin";
import { type Link, linkOf, machineLinks } from "./discovery/links.ts";
import { repositoryOf } from "./repository-of.ts";
import { isHolding, tellOnceHolding } from "./tell-once-holding.ts";

export interface NeighbourOptions {
  /** A customer's state: what it holds is served. */
  readonly stateFolder: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Bytes of files that are sent in a second, to all together. */
  readonly uploadBytesPerSecond: number;
  readonly ports: Pick<Ports, "clock" | "random">;
  readonly log: Log;
}

/** What a machine has for others of its network, served. */
export interface Neighbour {
  readonly port: number;
  /** The folder that is served: a repository's tree. */
  readonly folder: string;
  readonly repository: RepositoryId;
  /** Whether there is anything to serve by now. */
  readonly isHolding: boolean;
  /** Whether the machine is on any network by now, told of it or not. */
  readonly isOnNetwork: boolean;
  /** On how many networks it is told by now: on none before there is anything to serve. */
  readonly networks: number;
  /** Says goodbye, and finishes what is under way, for at most `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** Of a machine that has other things to do, and whose neighbours have other routes. */
const limits: Partial<OriginLimits> = {
  connectionsMax: 64,
  openedConnectionsMax: 64,
  listeners: 1,
  heldMax: 64,
  workAtOnceMax: 32,
  waitingMax: 64,
  cacheBytesMax: 16 * 1024 * 1024, // one patch at a time is asked for, more or less
  openFilesMax: 64,
};

/**
 * Serves what a state holds to machines of the same networks, and to nobody else, and tells them
 * that it does once there is something.
 * @throws {UsageError} the state trusts no vendor yet, or began with a later root than the first
 * @throws {HostError}
 */
export async function serveNeighbour(options: NeighbourOptions): Promise<Neighbour> {
  const { stateFolder, port, uploadBytesPerSecond, ports, log } = options;
  const repository = await repositoryOf({ stateFolder, clock: ports.clock });
  const folder = heldFolder(stateFolder);
  await makeOwnFolder(folder);
  const links = new SeenLinks(ports);
  const origin = await startOrigin({
    tree: folder,
    host: "0.0.0.0",
    port,
    workers: 1,
    edge: "off",
    limits: { ...limits, uploadBytesPerSecond },
    isWelcome: (address) => address.startsWith("127.") || linkOf(address, links.now) !== undefined,
    log,
  });
  const telling = tellOnceHolding({ folder, repository, port: origin.port, ports });
  return {
    port: origin.port,
    folder,
    repository,
    get isHolding() {
      return isHolding(folder);
    },
    get isOnNetwork() {
      return links.now.length > 0;
    },
    get networks() {
      return telling.links;
    },
    async close(graceMs) {
      await telling.stop();
      await origin.close(graceMs);
    },
  };
}

const seenForMs = 2_000;

/** The machine's links, looked at once in a while however many come in. */
class SeenLinks {
  readonly #ports: Pick<Ports, "clock">;
  #links: readonly Link[] = [];
  #until = Number.NEGATIVE_INFINITY;

  constructor(ports: Pick<Ports, "clock">) {
    this.#ports = ports;
  }

  get now(): readonly Link[] {
    const steady = this.#ports.clock.steady();
    if (steady >= this.#until) {
      this.#links = machineLinks();
      this.#until = steady + seenForMs;
    }
    return this.#links;
  }
}
