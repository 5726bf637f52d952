import * as path from "node:path";
import type { AnnouncementNews } from "@causeway/client";
import type { FollowLimits } from "@causeway/client/internal/follow";
import { readTrust } from "@causeway/client/internal/read-trust";
import { folderStore, lockFolder, type NodePorts, sweepFolder } from "@causeway/client/node";
import type { ProductId } from "@causeway/kernel";
import type { TargetFile } from "@causeway/trust";
import { chooseTargets, unknownProducts } from "./choose.ts";
import type { FillProgress } from "./fill.ts";
import { makeOwnFolder } from "./own-folder.ts";
import { TreeFiles } from "./tree-files.ts";
import { type KeptTree, TreeKeeper } from "./tree-keeper.ts";

export interface MirrorOptions {
  /** What is served; made if missing. Beside it lies `.mirror`, which is the mirror's own. */
  readonly folder: string;
  /**
   * The vendor's root.json, as bytes or the path of the file; needed once per folder. Clients that
   * trust older roots find no way from it.
   */
  readonly trust?: string | Uint8Array;
  /** URLs of the repository, http, https or file; the most preferred first. */
  readonly routes: readonly string[];
  /** None means all. One that the vendor drops later is no failure while there are others. */
  readonly products?: readonly ProductId[];
  /** Told of each announcement that was found in its own folder, `.mirror`, or in the DNS. */
  readonly onAnnouncement?: (news: AnnouncementNews) => void;
  readonly ports: NodePorts;
  /** How long what no state names any more stays for who is under way; a day unless given. */
  readonly graceMs?: number;
  readonly signal: AbortSignal;
}

/** What one look at the routes came to. */
export interface Mirrored extends KeptTree {
  /** Chosen products that the vendor no longer has. */
  readonly dropped: readonly ProductId[];
}

/** A verified copy of a repository for others. Every method may be called again after any failure. */
export interface Mirror {
  /**
   * Brings the tree to the newest state that any route has. Until all of it is there, and read
   * back, the tree is what it was for readers.
   * @throws {UsageError} {NoRouteDelivered} {TrustError} {HostError} {Interrupted}
   */
  update(onProgress?: (progress: FillProgress) => void): Promise<Mirrored>;
  /** Lets go of the folder and of all connections. */
  close(): void;
}

const graceMsDefault = 24 * 3_600_000; // who was asked to wait for longer asks anew

/**
 * Takes the folder for this process alone.
 * @throws {UsageError} `USAGE_ARGUMENT` when a repository lies there that no mirror has put there
 * @throws {HostError} `HOST_BUSY` when another process has it
 */
export async function openMirror(options: MirrorOptions): Promise<Mirror> {
  return openMirrorWithin(undefined, options);
}

/** As `openMirror`, within other bounds: tests cannot wait for real deadlines. */
export async function openMirrorWithin(
  limits: FollowLimits | undefined,
  options: MirrorOptions,
): Promise<Mirror> {
  const {
    ports,
    signal,
    routes,
    products = [],
    graceMs = graceMsDefault,
    onAnnouncement,
  } = options;
  const trust = await readTrust(options.trust);
  const folder = path.resolve(options.folder);
  const state = await makeOwnFolder(folder);
  const lock = await lockFolder(state, { waitMs: 0, clock: ports.clock, signal });
  let dropped: readonly ProductId[] = [];
  const keeper = new TreeKeeper({
    folder,
    client: {
      routes,
      ports,
      state: folderStore(state, ports.clock),
      ...(trust && { trust }),
      ...(onAnnouncement && { onAnnouncement }),
    },
    async choose(targets) {
      dropped = await droppedOf(folder, targets, products);
      const chosen = products.filter((product) => !dropped.includes(product));
      return chooseTargets(targets, products.length > 0 ? chosen : undefined);
    },
    removes: "what was not chosen",
    graceMs,
    signal,
    limits,
  });
  return {
    async update(onProgress = () => undefined) {
      await sweepFolder(state);
      await sweepFolder(folder);
      return { ...(await keeper.update(onProgress)), dropped };
    },
    close() {
      lock.release();
      ports.transport.close();
    },
  };
}

/** Of a new mirror, or of one whose every product is unknown, it is a mistake instead. */
async function droppedOf(
  folder: string,
  targets: readonly TargetFile[],
  products: readonly ProductId[],
): Promise<readonly ProductId[]> {
  const unknown = unknownProducts(targets, products);
  if (unknown.length === products.length) return [];
  const length = await new TreeFiles(folder).length("metadata/timestamp.json");
  return length === undefined ? [] : unknown;
}
