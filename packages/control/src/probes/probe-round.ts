import {
  type Patience,
  Probe,
  type ProbeFault,
  type ProbeLimits,
  type ProbeTrust,
  retiredIn,
  type Sample,
  type Taken,
  trustIn,
  type Walked,
} from "@causeway/client/internal/probe";
import {
  forEachBounded,
  type Instant,
  type Ports,
  type RouteEntry,
  RouteError,
} from "@causeway/kernel";
import { verdictOf, verdictOfAll } from "./judge.ts";
import type { ProbedRoute, ProbedUrl, Round, RouteToProbe } from "./probed.ts";
import { lookAtRetired, type ResolveName } from "./retired-names.ts";

type Versions = Walked["versions"];

export interface RoundOrder {
  readonly routes: readonly RouteToProbe[];
  /** The vendor's list, for what is retired in it; none where names are not looked up. */
  readonly list?: readonly RouteEntry[];
  readonly resolve?: ResolveName;
  /** Whether a redirect to a route's URL leads to a retired one; else as `list` says. */
  readonly isGone?: (base: URL) => boolean;
  /** Roots that are trusted, each the next one's predecessor. */
  readonly roots: readonly [Uint8Array, ...Uint8Array[]];
  /** The state that clients here trust already, as versions by role: they take none before it. */
  readonly trusted?: Versions;
  /** Where the vendor's own copy of the repository is. */
  readonly own?: string;
  /** Bytes of a role's file; undefined for one whose patches are not to be drawn. */
  readonly lengthOf?: (role: string) => number | undefined;
  /** URLs that asked to be left alone, and until when. */
  readonly resting?: ReadonlyMap<string, Instant>;
  /** Of the chunks of one probe; one chunk is taken in any case. */
  readonly bytesMax: number;
  /** Each of a route's three looks may take so long. */
  readonly msMax: number;
  readonly signal: AbortSignal;
  readonly limits?: ProbeLimits;
}

/** More, and a round is a flood, or no round any more. */
export const roundUrlsMax = 1_000;
const probesAtOnce = 16;

/**
 * Probes every URL once, as a client would: who leads to the newest state, and has the bytes of a
 * patch of it that is drawn anew each time.
 * @throws {HostError} and the signal's reason
 */
export function probeRound(order: RoundOrder, ports: Ports): Promise<Round> {
  return new ProbeRound(order, ports).run();
}

/** One URL within a round. */
interface Look {
  readonly url: string;
  readonly probe: Probe;
  walked: Walked | undefined;
  taken: Taken | undefined;
  fault: ProbeFault | undefined;
}

class ProbeRound {
  readonly #order: RoundOrder;
  readonly #ports: Ports;
  readonly #at: Instant;
  readonly #patience: Patience;
  readonly #isGone: (base: URL) => boolean;
  #trust: ProbeTrust;

  constructor(order: RoundOrder, ports: Ports) {
    this.#order = order;
    this.#ports = ports;
    this.#at = ports.clock.wall();
    this.#patience = { ms: order.msMax, signal: order.signal };
    this.#trust = trustIn(order.roots);
    const list = { version: 1, routes: order.list ?? [] };
    this.#isGone = order.isGone ?? retiredIn(list);
  }

  async run(): Promise<Round> {
    const { routes, list = [], resolve, own: ownUrl } = this.#order;
    const retired = resolve === undefined ? [] : lookAtRetired(list, resolve);
    const own = ownUrl === undefined ? undefined : await this.#lookAtOwn(ownUrl);
    const looks = new Map<string, Look>();
    for (const { urls, reach } of routes) {
      for (const url of urls) looks.set(url, this.#lookAt(url, reach));
    }
    Probe.meet([...looks.values()].map(({ probe }) => probe));
    const awake = [...looks.values()].filter(({ fault }) => fault === undefined);
    await forEachBounded(awake, probesAtOnce, (look) => this.#walk(look));
    const newest = await this.#findNewest(awake, own);
    const current = awake.filter(({ fault }) => fault === undefined);
    const sample = await this.#sample(current, own);
    if (sample !== undefined) {
      await forEachBounded(current, probesAtOnce, async (look) => {
        if (look.fault !== undefined) return;
        look.taken = await look.probe.take(sample, this.#order.bytesMax, this.#patience);
        look.fault = look.taken.fault;
      });
    }
    return {
      at: this.#at,
      newest: newest?.get("timestamp") ?? null,
      patch: sample?.path ?? null,
      ownFault: own?.fault === undefined ? null : own.fault.error.message,
      routes: routes.map((route) => routeOf(route, looks)),
      retired: await retired,
    };
  }

  #lookAt(url: string, reach: RouteToProbe["reach"]): Look {
    const { limits, resting } = this.#order;
    const probe = new Probe({
      url,
      ports: this.#ports,
      isGone: this.#isGone,
      ...(reach && { reach }),
      ...(limits && { limits }),
    });
    const restMs = (resting?.get(url) ?? this.#at) - this.#at;
    const fault = restMs > 0 ? stillResting(url, restMs) : undefined;
    return { url, probe, walked: undefined, taken: undefined, fault };
  }

  async #walk(look: Look): Promise<void> {
    look.walked = await look.probe.walk(this.#trust, this.#at, this.#patience);
    look.fault = look.walked.fault;
  }

  /** What the vendor has is the measure, and its keys may have changed since the first root. */
  async #lookAtOwn(url: string): Promise<Look> {
    const look = this.#lookAt(url, undefined);
    await this.#walk(look);
    const [first, ...others] = this.#order.roots;
    const roots = look.walked?.roots ?? [];
    if (roots.length > 0) this.#trust = trustIn([first, ...others, ...roots]);
    return look;
  }

  /** The newest of all that were ever verified; who is behind it is looked at once more. */
  async #findNewest(looks: readonly Look[], own: Look | undefined): Promise<Versions | undefined> {
    const newest = newestOf([...looks, ...(own === undefined ? [] : [own])], this.#order.trusted);
    const isBehind = ({ walked, fault }: Look): boolean => {
      return fault === undefined && walked !== undefined && compare(walked.versions, newest) < 0;
    };
    // Something may have been published meanwhile.
    await forEachBounded(looks.filter(isBehind), probesAtOnce, (look) => this.#walk(look));
    for (const look of looks.filter(isBehind)) {
      const [has, out] = [look.walked?.versions, newest].map((all) => all?.get("timestamp"));
      const text = `has state ${has ?? "?"}; ${out ?? "?"} is out`;
      look.fault = { error: new RouteError("ROUTE_STALE", look.url, text), health: "stale" };
    }
    return newest;
  }

  /** One patch for all of a round, from whoever is nearest to the vendor. */
  async #sample(looks: readonly Look[], own: Look | undefined): Promise<Sample | undefined> {
    for (const look of own === undefined ? looks : [own, ...looks]) {
      const { lengthOf = alike } = this.#order;
      const sample = await look.probe.drawSample(lengthOf, this.#patience);
      if (sample === undefined) continue;
      if (!("error" in sample)) return sample;
      look.fault ??= sample;
    }
    return undefined;
  }
}

/** Nothing tells which roles have patches. */
function alike(): number {
  return 0;
}

function stillResting(url: string, ms: number): ProbeFault {
  const text = `asked to be left alone; ${Math.ceil(ms / 1000)} s are left`;
  const error = new RouteError("ROUTE_REFUSED", url, text, { retryAfterMs: ms });
  return { error, health: "dead" };
}

function newestOf(looks: readonly Look[], trusted: Versions | undefined): Versions | undefined {
  const whole = looks.flatMap(({ walked }) => (walked?.expires === undefined ? [] : [walked]));
  const all = [...whole.map(({ versions }) => versions), ...(trusted ? [trusted] : [])];
  return all.toSorted((a, b) => compare(b, a))[0];
}

/** Positive when `a` is the newer one. */
function compare(a: Versions, b: Versions | undefined): number {
  for (const role of ["root", "timestamp", "snapshot", "targets"]) {
    const difference = (a.get(role) ?? 0) - (b?.get(role) ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function routeOf(route: RouteToProbe, looks: ReadonlyMap<string, Look>): ProbedRoute {
  const urls = route.urls.flatMap((url) => {
    const look = looks.get(url);
    return look === undefined ? [] : [urlOf(look)];
  });
  return { id: route.id, state: route.state, verdict: verdictOfAll(urls), urls };
}

function urlOf({ probe, walked, taken, fault }: Look): ProbedUrl {
  const { nameMs, connectMs, tlsMs, firstByteMs } = probe.timings;
  const versions = walked?.versions;
  const retryAfterMs = fault?.error instanceof RouteError ? fault.error.retryAfterMs : undefined;
  return {
    url: probe.url,
    verdict: verdictOf(fault, versions?.has("timestamp") === true),
    code: fault?.error.code ?? null,
    why: fault?.error.message ?? null,
    retryAfterMs: retryAfterMs ?? null,
    nameMs: rounded(nameMs),
    connectMs: rounded(connectMs),
    tlsMs: rounded(tlsMs),
    firstByteMs: rounded(firstByteMs),
    bytes: taken?.bytes ?? 0,
    bytesPerSecond: taken?.bytesPerSecond ?? null,
    timestamp: versions?.get("timestamp") ?? null,
    snapshot: versions?.get("snapshot") ?? null,
    expires: walked?.expires ?? null,
    certificateUntil: probe.certificateUntil ?? null,
  };
}

function rounded(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.round(ms * 10) / 10;
}
