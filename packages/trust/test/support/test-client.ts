import type { Accepted, Want } from "@causeway/trust";
import { Lookup, Refresh, type TargetFile, TrustedSet } from "@causeway/trust";
import { now, type TestRepository } from "./test-repository.ts";

/** What a client of a test may ask: the bytes, or undefined when the route has none. */
export type TestRoute = (path: string) => Uint8Array | undefined;

/** The route does not have a file that must be there. */
export class MissingOnRoute extends Error {}

/** A client with its state folder in memory: each run opens the state anew. */
export class TestClient {
  readonly pinned: Uint8Array;
  readonly state = new Map<string, Uint8Array>();
  /** Paths that were asked for, below `metadata/`. */
  readonly requests: string[] = [];
  /** Files that the last refresh removed: it recovers from stolen keys. */
  readonly removed: string[] = [];
  #route: TestRoute;

  constructor(repository: TestRepository) {
    this.pinned = repository.firstRoot;
    this.#route = (path) => repository.fetch(path);
  }

  /** Asks another route from now on. */
  use(route: TestRoute): void {
    this.#route = route;
  }

  open(at = now): TrustedSet {
    return TrustedSet.open(this.pinned, this.state, at);
  }

  /** @throws {TrustError} as the workflow does; `MissingOnRoute` */
  refresh(at = now): TrustedSet {
    const refresh = new Refresh(this.open(at), at);
    this.requests.length = 0;
    this.removed.length = 0;
    while (refresh.want !== undefined) this.#step(refresh, refresh.want);
    return refresh.set;
  }

  /** Refreshes, then looks `path` up. */
  find(path: string, at = now): TargetFile | undefined {
    return this.search(path, at).found;
  }

  /** As `find`, but gives the lookup, which may have ended in a fault. */
  search(path: string, at = now): Lookup {
    const lookup = new Lookup(this.refresh(at), path, at);
    this.requests.length = 0;
    while (lookup.want !== undefined) {
      this.#persist(lookup.offer(this.#fetched(lookup.want)));
    }
    return lookup;
  }

  versions(): Record<string, number> {
    return Object.fromEntries(this.open().versions());
  }

  #step(refresh: Refresh, want: Want): void {
    this.requests.push(want.path);
    const bytes = this.#route(`metadata/${want.path}`);
    if (bytes === undefined && want.absence === "final") this.#persist(refresh.absent());
    else if (bytes === undefined) throw new MissingOnRoute(want.path);
    else this.#persist(refresh.offer(bytes));
  }

  #fetched(want: Want): Uint8Array {
    this.requests.push(want.path);
    const bytes = this.#route(`metadata/${want.path}`);
    if (bytes === undefined) throw new MissingOnRoute(want.path);
    return bytes;
  }

  #persist(accepted: Accepted): void {
    for (const { name, bytes } of accepted.write) this.state.set(name, bytes);
    for (const name of accepted.remove) this.state.delete(name);
    this.removed.push(...accepted.remove);
  }
}
