import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import * as path from "node:path";
import type { AnnouncementNews, ClockReport, RouteReport } from "@causeway/client";
import { type Followed, type FollowLimits, follow } from "@causeway/client/internal/follow";
import { toHostError } from "@causeway/client/internal/host-error";
import { makeFolders } from "@causeway/client/internal/make-folders";
import { readTrust } from "@causeway/client/internal/read-trust";
import { folderStore, lockFolder, type NodePorts, sweepFolder } from "@causeway/client/node";
import { type ProductId, type Store, UsageError } from "@causeway/kernel";
import type { TargetFile } from "@causeway/trust";
import { chooseTargets, unknownProducts } from "./choose.ts";
import { type FillProgress, filesOf, fillTree, type TreeTarget } from "./fill.ts";
import { removeOldFiles } from "./old-files.ts";
import { publishState } from "./publish-state.ts";
import { TreeFiles } from "./tree-files.ts";

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
  readonly ports: NodePorts;
  /** Told of each announcement that was found in its own folder, `.mirror`, or in the DNS. */
  readonly onAnnouncement?: (news: AnnouncementNews) => void;
  /** How long what no state names any more stays for who is under way; a day unless given. */
  readonly graceMs?: number;
  readonly signal: AbortSignal;
}

/** What one look at the routes came to. */
export interface Mirrored {
  readonly versions: Followed["state"]["versions"];
  /** Whether the tree is not what it was. */
  readonly isNews: boolean;
  /** Targets that the tree holds for this state, and their bytes. */
  readonly targets: number;
  readonly bytes: number;
  /** Bytes of bodies over the network. */
  readonly downloaded: number;
  /** Files that no reader needs any more. */
  readonly removed: number;
  /** Chosen products that the vendor no longer has. */
  readonly dropped: readonly ProductId[];
  readonly routes: readonly RouteReport[];
  readonly clock: ClockReport;
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

const own = ".mirror";
const graceMsDefault = 24 * 3_600_000; // who was asked to wait for longer asks anew
const ownMode = 0o700; // what is known of routes is nobody's but the mirror's

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
  const { ports, signal } = options;
  const trust = await readTrust(options.trust);
  const folder = path.resolve(options.folder);
  const files = new TreeFiles(folder);
  await makeOwn(folder, files);
  const state = path.join(folder, own);
  const lock = await lockFolder(state, { waitMs: 0, clock: ports.clock, signal });
  const store = folderStore(folder, ports.clock);
  const keeper = new Keeper({ ...options, limits, given: trust }, store, files);
  return {
    async update(onProgress = () => undefined) {
      await sweepFolder(state);
      await sweepFolder(folder);
      return keeper.update(onProgress);
    },
    close() {
      lock.release();
      ports.transport.close();
    },
  };
}

/** A folder of somebody else's is not the place: what no state names would be removed from it. */
async function makeOwn(folder: string, files: TreeFiles): Promise<void> {
  const state = path.join(folder, own);
  if (existsSync(state)) return;
  try {
    await makeFolders(folder);
    // Before it is made: it is what tells a mirror's folder, also after a refusal.
    if ((await files.names()).length === 0) await mkdir(state, { mode: ownMode, recursive: true });
  } catch (cause) {
    throw toHostError(cause, `make the folder ${state}`);
  }
  if (existsSync(state)) return;
  throw new UsageError("USAGE_ARGUMENT", `${folder} holds a repository that is no mirror's.`);
}

interface KeeperOptions extends Omit<MirrorOptions, "trust"> {
  readonly given: Uint8Array | undefined;
  readonly limits: FollowLimits | undefined;
}

class Keeper {
  readonly #options: KeeperOptions;
  readonly #store: Store;
  readonly #files: TreeFiles;
  /** Files that were read, or written, by this process. */
  readonly #verified = new Set<string>();

  constructor(options: KeeperOptions, store: Store, files: TreeFiles) {
    this.#options = options;
    this.#store = store;
    this.#files = files;
  }

  async update(onProgress: (progress: FillProgress) => void): Promise<Mirrored> {
    const { folder, routes, ports, given, products = [], signal, limits } = this.#options;
    const { onAnnouncement } = this.#options;
    const client = {
      routes,
      ports,
      state: folderStore(path.join(folder, own), ports.clock),
      ...(onAnnouncement && { onAnnouncement }),
      ...(given !== undefined && { trust: given }),
    };
    const mirrored = async (followed: Followed): Promise<Mirrored> => {
      const { state } = followed;
      const dropped = await this.#dropped(state.targets);
      const chosen = products.filter((product) => !dropped.includes(product));
      const targets = filesOf(
        chooseTargets(state.targets, products.length > 0 ? chosen : undefined),
      );
      await fillTree(this.#store, followed, await this.#missing(targets), onProgress);
      const isNews = await publishState(this.#store, state, followed.now);
      for (const { location } of targets) this.#verified.add(location);
      return {
        versions: state.versions,
        isNews,
        targets: targets.length,
        bytes: targets.reduce((sum, { target }) => sum + target.length, 0),
        downloaded: followed.downloaded,
        removed: await this.#removeOld(followed, targets),
        dropped,
        routes: followed.routes,
        clock: followed.clock,
      };
    };
    return follow(client, signal, mirrored, limits);
  }

  /** Of a new mirror, or of one whose every product is unknown, it is a mistake instead. */
  async #dropped(targets: readonly TargetFile[]): Promise<readonly ProductId[]> {
    const { products = [] } = this.#options;
    const unknown = unknownProducts(targets, products);
    if (unknown.length === products.length) return [];
    const isNew = (await this.#files.length("metadata/timestamp.json")) === undefined;
    return isNew ? [] : unknown;
  }

  /** What is not there, or is not what was signed. */
  async #missing(targets: readonly TreeTarget[]): Promise<readonly TreeTarget[]> {
    const missing: TreeTarget[] = [];
    for (const each of targets) {
      const { target, location } = each;
      const name = `targets/${location}`;
      const isThere = (await this.#files.length(name)) === target.length;
      const isRight =
        isThere &&
        (this.#verified.has(location) ||
          (await this.#files.has(name, target.hashes, this.#options.signal)));
      if (!isRight) missing.push(each);
    }
    return missing;
  }

  async #removeOld({ state, now }: Followed, targets: readonly TreeTarget[]): Promise<number> {
    const { graceMs = graceMsDefault } = this.#options;
    const named = new Set([
      ...[...state.documents, state.timestamp].map((document) => document.path),
      ...targets.map(({ location }) => `targets/${location}`),
    ]);
    // All roots stay: whoever trusts an old one goes from each to the next.
    const isNamed = (name: string): boolean => {
      return named.has(name) || /^metadata\/\d+\.root\.json$/.test(name);
    };
    const names = await this.#files.names();
    return removeOldFiles(this.#store, { names, isNamed }, { now, graceMs }, async (name) => {
      this.#verified.delete(name.replace(/^targets\//, ""));
      await this.#files.remove(name);
    });
  }
}
