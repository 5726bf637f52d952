import { type Clock, type Delivery, RouteError } from "@causeway/kernel";
import type { ExchangeLimits } from "../limits.ts";
import { type Route, shown } from "./route.ts";

const timestampPath = "metadata/timestamp.json";

/** What was asked, as far as it shapes the answer. */
interface Asked {
  readonly path: string;
  readonly range?: { readonly start: number; readonly end: number };
  readonly lengthMax: number;
}

/**
 * Decides by status and headers whether this is an answer to what was asked.
 * @returns the body's promised length, or undefined when the route does not say
 * @throws {RouteError} when it is not
 */
export function judgeAnswer(
  delivery: Delivery,
  url: URL,
  asked: Asked,
  limits: ExchangeLimits,
  clock: Clock,
): number | undefined {
  const { status, headers } = delivery;
  if (status !== 200 && status !== 206) {
    throw judgeRefusal(delivery, url, asked.path, limits, clock);
  }
  const wrong = (what: string, rangeless = false): RouteError => {
    const text = `${what} as ${asked.path}`;
    return new RouteError("ROUTE_MISLABELLED", shown(url), text, { rangeless });
  };
  const encoding = headers.get("content-encoding")?.trim().toLowerCase();
  if (encoding !== undefined && encoding !== "" && encoding !== "identity") {
    throw wrong(`sent ${quoted(encoding)}-encoded bytes`);
  }
  const type = headers.get("content-type")?.trim().toLowerCase() ?? "";
  if (type.startsWith("multipart/byteranges")) throw wrong("sent a multipart answer");
  if (/^(?:text\/html|application\/xhtml)/.test(type) && !/\.x?html?$/i.test(asked.path)) {
    throw wrong("sent a web page (a login page or a portal?)");
  }
  const length = parseLength(headers.get("content-length"));
  if (length === null) throw wrong("sent a Content-Length that is no number");
  if (asked.range !== undefined) {
    return judgeRange(delivery, asked.range, { length, lengthMax: asked.lengthMax }, wrong);
  }
  if (status === 206) throw wrong("sent a part of a file, unasked,");
  if (length !== undefined && length > asked.lengthMax) {
    const text = `promises ${length} bytes as ${asked.path}, over the bound of ${asked.lengthMax}`;
    throw new RouteError("ROUTE_ENDLESS", shown(url), text);
  }
  return length;
}

function judgeRange(
  delivery: Delivery,
  range: { readonly start: number; readonly end: number },
  { length, lengthMax }: { readonly length: number | undefined; readonly lengthMax: number },
  wrong: (what: string, rangeless?: boolean) => RouteError,
): number {
  const promised = range.end - range.start;
  if (delivery.status === 200) {
    if (range.start === 0 && length === promised) return promised;
    throw wrong("ignored the range and sent a whole file", length === lengthMax);
  }
  const named = delivery.headers.get("content-range") ?? "";
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(?:\d{1,15}|\*)$/.exec(named.trim());
  if (Number(match?.[1]) !== range.start || Number(match?.[2]) !== range.end - 1) {
    throw wrong(`sent the range ${quoted(named)} for bytes ${range.start}-${range.end - 1}`);
  }
  if (length !== undefined && length !== promised) {
    throw wrong(`sent ${length} bytes for a range of ${promised}`);
  }
  return promised;
}

function judgeRefusal(
  delivery: Delivery,
  url: URL,
  path: string,
  limits: ExchangeLimits,
  clock: Clock,
): RouteError {
  const { status, headers } = delivery;
  if (status === 404 || status === 410) {
    // Every repository has this one: the URL is wrong, or the copy is not whole.
    const hint = path === timestampPath ? "; a route's URL ends where metadata/ begins" : "";
    return new RouteError("ROUTE_MISSING", shown(url), `has no ${path} (${status})${hint}`);
  }
  if (status < 400 || status === 416) {
    return new RouteError("ROUTE_MISLABELLED", shown(url), `answered ${status} to ${path}`);
  }
  const wait = retryAfterMs(headers, limits.retryAfterMsMax, clock);
  const asks = wait === undefined ? "" : `; asks to wait ${Math.ceil(wait / 1000)} s`;
  return new RouteError("ROUTE_REFUSED", shown(url), `answered ${status} to ${path}${asks}`, {
    ...(wait !== undefined && { retryAfterMs: wait }),
    forbidden: status === 403 && wait === undefined,
  });
}

/**
 * Where a redirect leads, or undefined when the answer is none: within the route, or to the same
 * file of another one that the caller listed, with that one's credentials.
 * @throws {RouteError} `ROUTE_REFUSED` when it leads elsewhere, out of TLS, or on and on
 */
export function redirectTarget(
  delivery: Pick<Delivery, "status" | "headers">,
  url: URL,
  path: string,
  mayFollow: boolean,
  route: Route,
): { readonly url: URL; readonly route: Route } | undefined {
  if (![301, 302, 303, 307, 308].includes(delivery.status)) return undefined;
  const location = delivery.headers.get("location") ?? "";
  const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
  const refuse = (what: string, why: "astray" | "misled" = "astray"): RouteError => {
    const text = `redirects ${path} ${what}`;
    return new RouteError("ROUTE_REFUSED", shown(url), text, { [why]: true });
  };
  if (next === undefined) throw refuse(`to ${quoted(location)}, which is no URL`);
  const host = route.leadsTo(next, path);
  if (host === undefined) throw refuse(`away to ${quoted(shown(next))}`);
  if (host !== route && !host.trustworthy) throw refuse(`to ${host.id}, which has lied`, "misled");
  if (url.protocol === "https:" && next.protocol !== "https:") {
    throw refuse(`out of TLS to ${quoted(shown(next))}`);
  }
  if (!mayFollow) throw refuse("on and on");
  next.username = host.base.username;
  next.password = host.base.password;
  return { url: next, route: host };
}

/** The sender's clock minus ours; undefined when it does not tell. */
export function skewOf(headers: ReadonlyMap<string, string>, wall: number): number | undefined {
  const date = parseDate(headers.get("date"));
  if (date === undefined) return undefined;
  const age = headers.get("age")?.trim() ?? ""; // a cache sends the old Date of what it holds
  return date + (/^\d{1,9}$/.test(age) ? Number(age) * 1000 : 0) - wall;
}

/** How long it asks to wait: the longest, where a proxy added one of its own. */
export function retryAfterMs(
  headers: ReadonlyMap<string, string>,
  most: number,
  clock: Clock,
): number | undefined {
  const texts = headers.get("retry-after")?.split(/,(?!\s*\d\d [A-Z])/) ?? []; // dates have a comma
  // Both dates by the sender's clock, when it tells: ours may be wrong by decades.
  const now = parseDate(headers.get("date")) ?? clock.wall();
  let longest: number | undefined;
  for (const text of texts) {
    const wait = parseWait(text.trim(), now);
    if (wait !== undefined) longest = Math.min(Math.max(wait, longest ?? 0), most);
  }
  return longest;
}

function parseWait(text: string, now: number): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) * 1000; // Infinity, if there are hundreds of digits
  const until = parseDate(text);
  return until === undefined ? undefined : until - now;
}

/** An IMF-fixdate (RFC 9110 section 5.6.7); the obsolete forms are not worth their ambiguity. */
function parseDate(text: string | undefined): number | undefined {
  if (text === undefined || !/^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} GMT$/.test(text)) {
    return undefined;
  }
  const instant = Date.parse(text);
  return Number.isNaN(instant) ? undefined : instant;
}

/** @returns null when there is a length that makes no sense */
function parseLength(text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined;
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
