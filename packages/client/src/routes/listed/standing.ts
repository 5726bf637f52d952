import type { Place } from "@causeway/kernel";

/** What the vendor's list, and a run's choice among its routes, say of one route. */
export class Standing {
  /** The nearest place that it may lead to; undefined of a route that was given by hand: any. */
  readonly reach: Place | undefined;
  /** The vendor says that it is to be asked only when no other route delivers. */
  draining = false;
  /** A further URL of a server that another route leads to. */
  spare = false;
  /** This run has enough others that it asks at once: it is asked when those do not deliver. */
  reserve = false;
  /** True once it was asked in this run. */
  asked = false;

  constructor(reach?: Place) {
    this.reach = reach;
  }

  get given(): boolean {
    return this.reach === undefined;
  }
}
