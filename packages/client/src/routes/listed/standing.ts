import { type Place, RouteError, type ShardKey } from "@causeway/kernel";

/** What the vendor's list, and a run's choice among its routes, say of one route. */
export class Standing {
  /** The nearest place that it may lead to; undefined of a route that was given by hand: any. */
  readonly reach: Place | undefined;
  /** It was found on this machine's own network: it is asked, and has no say in anything. */
  readonly isNeighbour: boolean;
  /** The vendor says that it is to be asked only when no other route delivers. */
  draining = false;
  /** A further URL of a server that another route leads to. */
  spare = false;
  /** This run has enough others that it asks at once: it is asked when those do not deliver. */
  reserve = false;
  /** True once it was asked in this run. */
  asked = false;
  /** Keys of reserves that it gave in this run, lately; right or wrong. */
  offered: readonly ShardKey[] = [];
  /** Whether the vendor has retired what a redirect would lead to, by a route's URL. */
  isRetired: (base: URL) => boolean = () => false;
  readonly #retirement = new AbortController();

  constructor(reach?: Place, isNeighbour = false) {
    this.reach = reach;
    this.isNeighbour = isNeighbour;
  }

  get given(): boolean {
    return this.reach === undefined && !this.isNeighbour;
  }

  /** Fires when the vendor has retired it, with what is to be said of it. */
  get retirement(): AbortSignal {
    return this.#retirement.signal;
  }

  /** It is never asked again, and let go of at once. */
  retire(url: string): void {
    if (!this.retirement.aborted) this.#retirement.abort(retiredError(url));
  }
}

/** What is said of a route that the vendor has retired. */
export function retiredError(url: string): RouteError {
  const text = "was retired by the vendor, for good";
  return new RouteError("ROUTE_REFUSED", url, text, { astray: true });
}
