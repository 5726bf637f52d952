import {
  type Clock,
  type Delivery,
  isPlaceText,
  type Random,
  RouteError,
  type Transport,
} from "@causeway/kernel";
import { clientLimits, type ExchangeLimits } from "../limits.ts";
import { judgeAnswer, redirectTarget, skewOf } from "./answer.ts";
import { blameFor, mayAskAt, type Suspects } from "./blame.ts";
import { seconds } from "./body.ts";
import { Cancel } from "./cancel.ts";
import { type Answered, askEitherWay } from "./either-way.ts";
import { entranceFor } from "./entrances.ts";
import { retiredError } from "./listed/standing.ts";
import { reserveKeysIn } from "./reserve-keys.ts";
import { type ByteRange, type Opened, resumedBody } from "./resumed-body.ts";
import { type Route, shown } from "./route.ts";
import { Steps } from "./steps.ts";
import { isRenewal, ticketIn } from "./ticket.ts";

export interface ExchangeRequest {
  /** Below the route's base, encoded: `metadata/timestamp.json`. */
  readonly path: string;
  /** All of those bytes, or the exchange fails. */
  readonly range?: ByteRange;
  /** Of the body; never more is read. */
  readonly lengthMax: number;
  readonly signal: AbortSignal;
  readonly limits?: ExchangeLimits;
}

/** The right kind of answer. Its bytes are not verified. */
export interface Answer {
  /** Bytes that the route promises; undefined when it does not say. */
  readonly length: number | undefined;
  readonly headers: ReadonlyMap<string, string>;
  /** Read at most once, to its end, or call `close`. Fails as `exchange` does. */
  readonly body: AsyncIterable<Uint8Array>;
  /**
   * What is to be said of the route since these bytes turned out to be wrong. Where it redirected
   * to another one, it just failed, and that one is struck as a liar; not for metadata: they are
   * judged by what the route had shown before, or withheld.
   */
  readonly blamed: (error: unknown) => unknown;
  /** Lets go of the connection. Safe to call twice, and after the body ended. */
  close(): void;
}

export interface ExchangePorts {
  readonly random: Random;
  readonly clock: Clock;
  readonly transport: Transport;
}

/**
 * Asks one route for one file, or one range of it. Resolves when the answer's headers are here
 * and promise what was asked for; the body keeps that promise or fails. A reset connection is
 * tried once more at once, and a body whose connection breaks goes on over another one; a route
 * that asked to be left alone is not asked. Counts bytes, latency and rate into `route`; striking
 * it is up to the caller.
 * @throws {RouteError} what the route did wrong
 * @throws the signal's reason when it fired
 */
export async function exchange(
  ports: ExchangePorts,
  route: Route,
  request: ExchangeRequest,
): Promise<Answer> {
  const limits = request.limits ?? clientLimits.exchange;
  const cancel = new Cancel(request.signal);
  const asking: Asking = { ports, route, path: request.path, limits, cancel, host: route };
  const blamed = (error: unknown): unknown => blameFor(error, asking);
  const release = letGoWhenRetired(route, cancel);
  try {
    const opened = await open(asking, request);
    const { host, promised } = opened;
    let { delivery } = opened;
    let closed = false;
    const close = (): void => {
      closed = true;
      release();
      delivery.close();
    };
    const reopen = async (range: ByteRange): Promise<Opened> => {
      const isOver = (): boolean => closed;
      if (!isOver()) {
        const rest = await open(asking, { ...request, range });
        asking.host = host; // another one's bytes are not taken
        delivery = rest.delivery;
        if (!isOver()) return rest;
        delivery.close();
      }
      throw new RouteError("ROUTE_TRUNCATED", route.id + request.path, "is not read any more");
    };
    const guard = { ports, route, request, limits, ...opened };
    const start = request.range?.start ?? 0;
    const resuming = { random: ports.random, host, start, reopen, letGo: close };
    const body = told(resumedBody(guard, resuming), blamed);
    return { length: promised, headers: delivery.headers, body, blamed, close };
  } catch (error) {
    release();
    throw request.signal.aborted ? request.signal.reason : blamed(error);
  }
}

interface Asking extends Suspects {
  readonly ports: ExchangePorts;
  readonly route: Route;
  readonly path: string;
  readonly limits: ExchangeLimits;
  readonly cancel: Cancel;
  host: Route;
  viaEntrance?: Route;
}

async function open(asking: Asking, request: ExchangeRequest): Promise<Opened> {
  const { route, limits, cancel } = asking;
  const { clock } = asking.ports;
  asking.host = route;
  // It may have said so to another request, while this one was on its way here.
  if (route.restUntil > clock.steady()) throw isResting(route, request);
  let url = route.url(request.path);
  for (let redirects = 0; ; redirects++) {
    const { host } = asking;
    requireLive(host, url, request.path);
    const asked = clock.steady();
    const { delivery, entrance } = await askHost(asking, url, request);
    if (entrance !== undefined) asking.viaEntrance = host;
    try {
      cancel.signal.throwIfAborted();
      const skewMs = skewOf(delivery.headers, clock.wall());
      host.answered(clock.steady() - asked, skewMs); // its Date is no word of the one that redirected
      const mayFollow = redirects < limits.redirectsMax;
      const next = redirectTarget(delivery, url, request.path, mayFollow, host);
      if (next === undefined) {
        const isRefused = delivery.status === 429 || delivery.status === 503;
        if (isRefused) takeTicket(asking, url, delivery, isPlaceText);
        const promised = judgeAnswer(delivery, url, request, limits, clock);
        const offered = reserveKeysIn(delivery.headers);
        if (offered.length > 0) host.standing.offered = offered;
        takeTicket(asking, url, delivery, (text) => {
          if (isPlaceText(text)) return false;
          return entrance === undefined || isRenewal(host.ticket, text, clock.steady());
        });
        return { delivery, promised, host };
      }
      if (next.route !== host && mayAskAt(route, next.route) > clock.steady()) {
        const text = `redirects ${request.path} to ${next.route.id}, which is left alone for now`;
        throw new RouteError("ROUTE_REFUSED", route.id + request.path, text);
      }
      delivery.close();
      ({ url, route: asking.host } = next);
    } catch (error) {
      delivery.close();
      if (error instanceof RouteError && error.retryAfterMs !== undefined) {
        const until = clock.steady() + error.retryAfterMs;
        // Whom a redirect led to may have been asked for anything, by a liar; and who led there may
        // serve the next request itself.
        if (host === route) route.rest(until);
        else route.ledTo(host).rest(until);
      }
      throw error;
    }
  }
}

/** @returns lets go of the signals, and safe to call twice */
function letGoWhenRetired({ standing: { retirement } }: Route, cancel: Cancel): () => void {
  const onRetired = (): void => cancel.cancel(retirement.reason);
  retirement.addEventListener("abort", onRetired);
  return () => {
    retirement.removeEventListener("abort", onRetired);
    cancel.release();
  };
}

function requireLive({ id, standing }: Route, url: URL, path: string): void {
  standing.retirement.throwIfAborted();
  // Within the same host, a redirect may lead to where another route was.
  if (!url.pathname.endsWith(`/${path}`)) return;
  const base = new URL(url);
  base.pathname = base.pathname.slice(0, -path.length);
  if (standing.isRetired(base)) throw retiredError(id + path);
}

function isResting({ id }: Route, { path }: ExchangeRequest): RouteError {
  const text = `has asked to be left alone, so it is not asked for ${path}`;
  return new RouteError("ROUTE_REFUSED", id, text);
}

/** Keeps what the host gave to be known by, if it is of the right kind. */
function takeTicket(
  { ports: { clock }, path, host }: Asking,
  url: URL,
  { headers }: Delivery,
  isWanted: (text: string) => boolean,
): void {
  const ticket = ticketIn(headers, clock.wall(), skewOf(headers, clock.wall()));
  if (ticket === undefined || !isWanted(ticket.text)) return;
  const until = ticket.until - clock.wall() + clock.steady();
  host.takeTicket(url, path, { ...ticket, until }, clock.steady());
}

async function* told(
  body: AsyncIterable<Uint8Array>,
  blamed: Answer["blamed"],
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* body;
  } catch (error) {
    throw blamed(error);
  }
}

async function askHost(asking: Asking, url: URL, request: ExchangeRequest): Promise<Answered> {
  const { ports, host, limits, cancel } = asking;
  const { clock } = ports;
  const now = clock.steady();
  const bearer = host.ticketFor(url, request.path, now);
  const entrance = entranceFor(host, url, request.path, now);
  if (entrance === undefined) {
    if (host.entrances.publicRestUntil > now) throw isResting(host, request);
    return { delivery: await askOnceMore(asking, { url, bearer }, request), entrance };
  }
  return askEitherWay({
    clock,
    host,
    port: entrance.port,
    cancel,
    ask: (way, own) => {
      const there = way === "public" ? { url, bearer } : entrance;
      return ask({ ...asking, cancel: own }, there, request);
    },
    restMsMax: limits.retryAfterMsMax,
  });
}

/** Where to ask, and what to show there. */
interface Address {
  readonly url: URL;
  readonly bearer: string | undefined;
}

async function askOnceMore(
  asking: Asking,
  address: Address,
  request: ExchangeRequest,
): Promise<Delivery> {
  try {
    return await ask(asking, address, request);
  } catch (error) {
    // It may have asked another request for rest meanwhile.
    const rests = asking.host.restUntil > asking.ports.clock.steady();
    if (!(error instanceof RouteError && error.reset) || rests) throw error;
    if (!asking.route.forgivesReset()) throw error;
    asking.cancel.signal.throwIfAborted();
    return ask(asking, address, request);
  }
}

async function ask(
  asking: Asking,
  { url, bearer }: Address,
  request: ExchangeRequest,
): Promise<Delivery> {
  const { ports, route, host, limits, cancel } = asking;
  const { signal } = cancel;
  host.standing.asked = true;
  const steps = new Steps(ports.clock, route, limits.answer);
  const asked = ports.transport.open({
    url,
    signal,
    ...(host.standing.reach !== undefined && { reach: host.standing.reach }),
    headers: { "accept-encoding": "identity" },
    onStep: (step) => steps.take(step),
    ...(request.range && { range: request.range }),
    ...(bearer !== undefined && { bearer }),
  });
  return steps.watch(asked, (ms) => {
    const error = noAnswer(asking, url, steps, ms);
    cancel.cancel(error);
    void asked.then(
      (delivery) => delivery.close(),
      () => undefined,
    );
    return error;
  });
}

/** Who gave no answer: the route, or the proxy before it. */
function noAnswer(asking: Asking, url: URL, steps: Steps, ms: number): RouteError {
  const { ports, path } = asking;
  const proxy = ports.transport.via?.(url);
  const subject = shown(url);
  if (proxy !== undefined && !steps.pastProxy) {
    const text = `its proxy ${proxy} did not take the connection for ${seconds(ms)} s`;
    return new RouteError("PROXY_UNREACHABLE", subject, text);
  }
  const over = proxy === undefined ? "" : ` over the proxy ${proxy}`;
  const text = `gave no answer for ${seconds(ms)} s to ${path}${over}`;
  return new RouteError("ROUTE_UNREACHABLE", subject, text, { silent: steps.pastProxy });
}
