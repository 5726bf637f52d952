import type { ClockReport, RouteReport } from "@causeway/client";
import {
  type Followed,
  type FollowLimits,
  type FollowOptions,
  follow,
} from "@causeway/client/internal/follow";
import { folderStore } from "@causeway/client/node";
import type { Store } from "@causeway/kernel";
import type { TargetFile } from "@causeway/trust";
import { type FillProgress, filesOf, fillTree, type TreeTarget } from "./fill.ts";
import { removeOldFiles } from "./old-files.ts";
import { publishState } from "./publish-state.ts";
import { TreeFiles } from "./tree-files.ts";

export interface KeeperOptions {
  /** The tree. */
  readonly folder: string;
  /** Whose routes and trusted state are followed. */
  readonly client: FollowOptions;
  /** Which of the state's targets are to be there. */
  readonly choose: (targets: readonly TargetFile[]) => Promise<readonly TargetFile[]>;
  /** What goes once it is older than `graceMs`; the former includes the latter. */
  readonly removes: "what was not chosen" | "what is not named";
  readonly graceMs: number;
  readonly signal: AbortSignal;
  readonly limits: FollowLimits | undefined;
}

/** What one look at the routes came to. */
export interface KeptTree {
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
  readonly routes: readonly RouteReport[];
  readonly clock: ClockReport;
}

/** A tree that holds what a repository's state names, for whoever reads it. Its folder is held. */
export class TreeKeeper {
  readonly #options: KeeperOptions;
  readonly #tree: Store;
  readonly #files: TreeFiles;
  /** Files that were read, or written, by this process. */
  readonly #verified = new Set<string>();

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#tree = folderStore(options.folder, options.client.ports.clock);
    this.#files = new TreeFiles(options.folder);
  }

  /** Throws as `Mirror.update`. */
  async update(onProgress: (progress: FillProgress) => void): Promise<KeptTree> {
    const { client, choose, signal, limits } = this.#options;
    const mirrored = async (followed: Followed): Promise<KeptTree> => {
      const { state } = followed;
      const targets = filesOf(await choose(state.targets));
      await fillTree(this.#tree, followed, await this.#missing(targets), onProgress);
      const isNews = await publishState(this.#tree, state, followed.now);
      for (const { location } of targets) this.#verified.add(location);
      return {
        versions: state.versions,
        isNews,
        targets: targets.length,
        bytes: targets.reduce((sum, { target }) => sum + target.length, 0),
        downloaded: followed.downloaded,
        removed: await this.#removeOld(followed, targets),
        routes: followed.routes,
        clock: followed.clock,
      };
    };
    return follow(client, signal, mirrored, limits);
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
    const { graceMs, removes } = this.#options;
    const kept = removes === "what was not chosen" ? targets : filesOf(state.targets);
    const named = new Set([
      ...[...state.documents, state.timestamp].map((document) => document.path),
      ...kept.map(({ location }) => `targets/${location}`),
    ]);
    // All roots stay: whoever trusts an old one goes from each to the next.
    const isNamed = (name: string): boolean => {
      return named.has(name) || /^metadata\/\d+\.root\.json$/.test(name);
    };
    const names = await this.#files.names();
    return removeOldFiles(this.#tree, { names, isNamed }, { now, graceMs }, async (name) => {
      this.#verified.delete(name.replace(/^targets\//, ""));
      await this.#files.remove(name);
    });
  }
}
