import { STATUS_CODES } from "node:http";
import type { Status } from "./counters.ts";
import { begin, type Exchange, type HttpRequest } from "./exchange.ts";
import { fixedHeaders, type HeaderList, headerList } from "./headers.ts";
import { placeCookieFor } from "./shield/place-cookie.ts";
import { workScript } from "./shield/work-page.ts";

/** Short, and the same for every client: nothing of the request comes back in it. */
const texts = {
  400: "This is not an HTTP request.\n",
  404: "There is no such file here.\n",
  405: "Only GET and HEAD are served.\n",
  408: "The request took too long.\n",
  412: "The file is another version.\n",
  413: "Requests with a body are not served.\n",
  416: "The file has no such range.\n",
  429: "Too many requests from you. Please wait, or use another route.\n",
  431: "The request's headers are too large.\n",
  503: "Too busy now. Please wait, or use another route.\n",
} as const;
type Refusal = keyof typeof texts;

const pageBytesMax = 1024;
const retryAfterSeconds = { least: 5, spread: 20 } as const;

function plainHeaders(status: Refusal): HeaderList {
  return headerList({
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": String(texts[status].length),
    // A client that asks for the next root gets 404 until there is one: caches must ask again.
    "Cache-Control": "no-cache",
    "Access-Control-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
  });
}

const prepared = new Map<Refusal, HeaderList>(
  ([400, 404, 405, 412, 413, 416, 431] as const).map((status) => [
    status,
    fixedHeaders(plainHeaders(status)),
  ]),
);

/** Answers with a constant text. */
export function refuse(exchange: Exchange, status: Refusal, extra: HeaderList = []): void {
  const headers = prepared.get(status) ?? plainHeaders(status);
  begin(exchange, status, extra.length === 0 ? headers : [...headers, ...extra]);
  exchange.response.end(texts[status]);
}

/** What whoever is refused may have to get in with. */
export interface RefusalMeans {
  /** For a browser to solve, as `WorkPuzzle.challenge`. */
  readonly challenge?: () => string | undefined;
  /** For who comes back after so many seconds, as `WaitingPlaces.give`. */
  readonly place?: (afterSeconds: number) => string | undefined;
}

/** Answers "not now": in words, or for a browser as a page under 1 KiB that links `alternates`. */
export function refuseForNow(
  exchange: Exchange,
  status: 429 | 503,
  alternates: readonly string[],
  means: RefusalMeans = {},
): void {
  // Spread, so that those who were refused together do not come back together.
  const { least, spread } = retryAfterSeconds;
  const seconds = least + Math.floor(Math.random() * spread);
  const place = means.place?.(seconds);
  if (!wantsPage(exchange.request)) {
    const shown = place === undefined ? [] : ["Causeway-Ticket", place];
    return refuse(exchange, status, ["Retry-After", `${seconds}`, ...shown]);
  }
  const challenge = means.challenge?.();
  const reloads = place === undefined ? undefined : seconds;
  const script = challenge && workScript(challenge, reloads === undefined ? seconds : undefined);
  const page = busyPage(status, alternates, { reloads, script });
  const headers = headerList({
    "Content-Type": "text/html; charset=utf-8",
    "Content-Length": String(Buffer.byteLength(page)),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Retry-After": String(seconds),
    ...(place !== undefined && { "Set-Cookie": placeCookieFor(place, seconds) }),
  });
  begin(exchange, status, headers);
  exchange.response.end(page);
}

export function wantsPage(request: HttpRequest): boolean {
  return request.headers.accept?.includes("text/html") ?? false;
}

/** What a page of whoever is refused does by itself. */
interface BusyPageActs {
  /** After so many seconds it asks again. Who has a place loses that by asking sooner. */
  readonly reloads?: number | undefined;
  readonly script?: string | undefined;
}

/** A page for whoever is refused: without any script there is still something to click. */
export function busyPage(
  status: 429 | 503,
  alternates: readonly string[],
  { reloads, script = "" }: BusyPageActs = {},
): string {
  const comesBack = reloads !== undefined;
  const head = comesBack ? `<meta http-equiv=refresh content=${reloads}>${script}` : script;
  const next = comesBack ? `<p>Trying again in ${reloads} s.` : "<p><a href>Try again</a>";
  return pageOf("Please wait", texts[status] + next, alternates, head);
}

const look =
  '<meta name=viewport content="width=device-width">' +
  "<style>:root{color-scheme:light dark}" +
  "body{max-width:34em;margin:auto;padding:1em;font:1.1em/1.6 sans-serif;overflow-wrap:anywhere}</style>";

/** A page under 1 KiB that links as many of the alternates as fit, by their names. */
export function pageOf(
  title: string,
  text: string,
  alternates: readonly string[],
  script = "",
): string {
  const start = `<!doctype html><html lang=en><meta charset=utf-8><title>${title}</title>${look}`;
  return asManyAsFit(`${start}${script}<h1>${title}</h1><p>${text}`, alternates, (base) => {
    const { href, host } = new URL("security/", base);
    return `<p><a href="${escapeHtml(href)}">${escapeHtml(host)}</a>`;
  });
}

/** The same for who reads no pages: a line for each. */
export function linesOf(text: string, alternates: readonly string[]): string {
  return asManyAsFit(`${text}\n`, alternates, (base) => `${base}\n`);
}

function asManyAsFit(
  head: string,
  alternates: readonly string[],
  shownAs: (base: string) => string,
): string {
  let whole = head;
  for (const base of alternates) {
    const more = shownAs(base);
    if (Buffer.byteLength(whole) + Buffer.byteLength(more) < pageBytesMax) whole += more;
  }
  return whole;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A whole answer for a connection whose request could not be read. It is closed afterwards. */
export function rawRefusal(status: Extract<Status, Refusal>): string {
  const headers = [...plainHeaders(status), "Connection", "close"];
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`;
  for (let at = 0; at < headers.length; at += 2) head += `${headers[at]}: ${headers[at + 1]}\r\n`;
  return `${head}\r\n${texts[status]}`;
}
