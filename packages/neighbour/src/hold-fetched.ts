import { heldFolder } from "@causeway/client/internal/held";
import { folderStore, lockFolder, type NodePorts, sweepFolder } from "@causeway/client/node";
import {
  HostError,
  type Store,
  toPlatform,
  toProductId,
  toVersion,
  type Version,
} from "@causeway/kernel";
import { keepRelease, makeOwnFolder } from "@causeway/mirror";
import { holdOne, letGo, readHeld } from "./held-releases.ts";

export interface HoldOptions {
  /** The customer's state that got it. */
  readonly stateFolder: string;
  /** What `get` resolved to. */
  readonly got: {
    readonly product: string;
    readonly version: Version;
    readonly file: string;
    readonly length: number;
  };
  /** What `get` was told that it must run on. */
  readonly platform: string;
  /** The routes of `get`, and its neighbours: the index and the like come from them once more. */
  readonly routes: readonly string[];
  readonly neighbours: readonly string[];
  readonly ports: NodePorts;
  /** What is held so takes no more of the disk, all together. */
  readonly bytesMax: number;
  /** How long to wait for another process that uses the state. */
  readonly lockWaitMs: number;
  readonly signal: AbortSignal;
}

const spareBytes = 256 * 1024 * 1024; // a machine whose disk is full has worse neighbours

/**
 * Keeps what was fetched, verified, for neighbours, in the folder that `serveNeighbour` serves. Of
 * each product and platform the two newest stay; the oldest go first when all take too much.
 * @throws {UsageError} {NoRouteDelivered} {TrustError} {HostError} {Interrupted}
 */
export async function holdFetched(options: HoldOptions): Promise<void> {
  const { stateFolder, got, ports, bytesMax, signal, routes, neighbours } = options;
  const { clock } = ports;
  if (got.length > bytesMax) throw tooMuch(got.length, `${bytesMax} are to be held at most`);
  const lock = await lockFolder(stateFolder, { waitMs: options.lockWaitMs, clock, signal });
  try {
    const folder = heldFolder(stateFolder);
    await makeOwnFolder(folder);
    await sweepFolder(folder);
    const tree = folderStore(folder, clock);
    const product = toProductId(got.product);
    const held = await letGo(tree, await readHeld(tree), bytesMax - got.length);
    await requireSpare(tree, got.length);
    const state = folderStore(stateFolder, clock);
    const wish = {
      product,
      version: toVersion(got.version),
      platform: toPlatform(options.platform),
    };
    const client = { routes, neighbours, state, ports };
    const kept = await keepRelease({ folder, client, wish, file: got.file, signal });
    await holdOne(tree, held, { product, version: got.version, ...kept }, bytesMax);
  } finally {
    lock.release();
  }
}

async function requireSpare(tree: Store, length: number): Promise<void> {
  const free = await tree.freeBytes();
  if (free === undefined || free >= length + spareBytes) return;
  throw tooMuch(length, `of ${free} that are free, ${spareBytes} are left to this machine`);
}

function tooMuch(length: number, why: string): HostError {
  return new HostError("HOST_FULL", `it has ${length} bytes, and ${why}.`);
}
