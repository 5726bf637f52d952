import { type Instant, RouteError, TrustError } from "@causeway/kernel";
import { type Accepted, Refresh, type TrustedSet, type Want } from "@causeway/trust";
import type { Document } from "../routes/document.ts";
import type { Route } from "../routes/route.ts";
import { fetchWanted, type Run } from "./metadata.ts";

/** What an attempt works with, and the set that it begins from. */
export interface AttemptRun extends Pick<Run, "ports" | "limits"> {
  readonly state: { readonly set: TrustedSet };
}

/** One route's way through the client workflow. Changes nothing until it is accepted. */
export class Attempt {
  readonly route: Route;
  readonly #run: AttemptRun;
  readonly #now: Instant;
  #refresh: Refresh;
  #accepted: Accepted[] = [];
  #steps = 0;
  #gotOnAt = Number.NEGATIVE_INFINITY;
  /** The last that it delivered; undefined when it said since that it has none. */
  #last: Document | undefined;
  /** What the route delivered, by its path. */
  readonly #documents = new Map<string, Uint8Array>();

  /** @param now judges expiry */
  constructor(run: AttemptRun, route: Route, now: Instant) {
    this.#run = run;
    this.route = route;
    this.#now = now;
    this.#refresh = new Refresh(run.state.set, now);
  }

  /** The trusted set, as far as this route led. */
  get set(): TrustedSet {
    return this.#refresh.set;
  }

  /** When the last document was verified; steady time. */
  get gotOnAt(): number {
    return this.#gotOnAt;
  }

  /** What to persist of it, in order. */
  get accepted(): readonly Accepted[] {
    return this.#accepted;
  }

  /** Walks one refresh over the route to its end; called again, from where it failed. */
  async follow(signal: AbortSignal): Promise<void> {
    for (let root = 0; ; ) {
      try {
        return await this.#walk(signal);
      } catch (error) {
        // A server under flood may say 404 of what it has, and a vendor may publish while its files
        // are read. When what follows makes sense only under a newer root, it is looked for again:
        // once for each root that there is.
        const isFurther = rootOf(this.set) > root;
        root = rootOf(this.set);
        if (!isFurther || !speaksForNewerRoot(error) || !(await this.#hasNextRoot(signal))) {
          throw this.#told(error);
        }
        this.#refresh = new Refresh(this.#run.state.set, this.#now);
        this.#accepted = [];
      }
    }
  }

  /**
   * Walks the same documents anew, from the state that is trusted by now.
   * @throws {TrustError} they would take it back
   */
  rebase(): void {
    const refresh = new Refresh(this.#run.state.set, this.#now);
    const accepted: Accepted[] = [];
    for (let { want } = refresh; want !== undefined; want = refresh.want) {
      const bytes = this.#documents.get(want.path);
      if (bytes !== undefined) accepted.push(refresh.offer(bytes));
      else if (want.absence === "final") accepted.push(refresh.absent());
      else throw new TrustError("TRUST_ROLLBACK", want.role, "is older than the one that is known");
    }
    this.#refresh = refresh;
    this.#accepted = accepted;
  }

  /** What failed on the way is told of already; what was refused was the last that came. */
  #told(error: unknown): unknown {
    return error instanceof TrustError && this.#last ? this.#last.blamed(error) : error;
  }

  async #hasNextRoot(signal: AbortSignal): Promise<boolean> {
    const { want } = new Refresh(this.set, this.#now);
    if (want === undefined) return false;
    return (await fetchNextRoot(this.#run, this.route, want, signal)) !== undefined;
  }

  async #walk(signal: AbortSignal): Promise<void> {
    const { route } = this;
    for (let { want } = this.#refresh; want !== undefined; want = this.#refresh.want) {
      if (this.#steps++ >= this.#run.limits.metadata.stepsMax) {
        const text = `leads through over ${this.#run.limits.metadata.stepsMax} documents of metadata`;
        throw new RouteError("ROUTE_ENDLESS", route.id, text);
      }
      const fetch = want.absence === "final" ? fetchNextRoot : fetchWanted;
      const document = await fetch(this.#run, route, want, signal);
      this.#last = document;
      const bytes = document?.bytes;
      const refresh = this.#refresh;
      this.#accepted.push(bytes === undefined ? refresh.absent() : refresh.offer(bytes));
      route.kept(bytes?.length ?? 0);
      this.#gotOnAt = this.#run.ports.clock.steady();
      if (bytes !== undefined) this.#documents.set(want.path, bytes);
    }
  }
}

/** True when the last root has expired, or did not name the keys of what came next. */
function speaksForNewerRoot(error: unknown): boolean {
  if (!(error instanceof TrustError)) return false;
  if (error.code === "TRUST_EXPIRED") return error.subject === "root";
  return error.code === "TRUST_THRESHOLD" && error.subject !== "root";
}

/** @returns undefined when the route has no next root, which is an answer */
async function fetchNextRoot(
  run: AttemptRun,
  route: Route,
  want: Want,
  signal: AbortSignal,
): Promise<Document | undefined> {
  try {
    return await fetchWanted(run, route, want, signal);
  } catch (error) {
    if (!(error instanceof RouteError)) throw error;
    // A bucket whose files may not be listed says 403, and never 404, of what it does not have.
    if (error.code === "ROUTE_MISSING" || error.forbidden) return undefined;
    throw error;
  }
}

/** The one whose state is the newest. */
export function newestOf(attempts: readonly Attempt[]): Attempt | undefined {
  return attempts.toSorted((a, b) => compareStates(b.set, a.set))[0];
}

/** Positive when `a` is the newer one. */
export function compareStates(a: TrustedSet, b: TrustedSet): number {
  for (const role of ["root", "timestamp", "snapshot", "targets"]) {
    const difference = (a.versions().get(role) ?? 0) - (b.versions().get(role) ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

export function rootOf(set: TrustedSet): number {
  return set.versions().get("root") ?? 0;
}

export function stateVersion(set: TrustedSet): number {
  return set.versions().get("timestamp") ?? 0;
}
