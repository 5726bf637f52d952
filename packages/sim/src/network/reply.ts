import type { Instant } from "@causeway/kernel";

/** What a request says, as the route sees it. */
export interface Asked {
  /** Below the route's base: `metadata/timestamp.json`. */
  readonly path: string;
  /** Of the private entrance that is asked; undefined at the public address. */
  readonly port: number | undefined;
  readonly range: { readonly start: number; readonly end: number } | undefined;
  /** The true time. */
  readonly now: Instant;
}

/** Bytes that a route sends after its headers. */
export interface Body {
  /** How many, if nothing stops them; may be infinite, or other than the headers promise. */
  readonly length: number;
  /** At most `length` of them from `at` on. */
  readonly read: (at: number, length: number) => Uint8Array;
  /** Sent in such pieces, however quick the line is. */
  readonly drip?: { readonly bytes: number; readonly everyMs: number };
  /** What comes after the last one: the end, a broken connection, or nothing ever. */
  readonly after: "end" | "reset" | "silence";
}

export interface Answer {
  readonly kind: "answer";
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Body;
  /** Before the first byte. */
  readonly thinkMs?: number;
}

/** What a route does with a request. */
export type Reply =
  | Answer
  /** The connection is refused, or broken before an answer. */
  | { readonly kind: "refused" | "reset" }
  /** The request is taken, and nothing ever comes. */
  | { readonly kind: "silence" };

export function bodyOf(bytes: Uint8Array): Body {
  const read = (at: number, length: number): Uint8Array =>
    new Uint8Array(bytes.subarray(at, at + length));
  return { length: bytes.length, read, after: "end" };
}

/** The answer with some headers added, or taken away where the value is undefined. */
export function withHeaders(
  answer: Answer,
  change: Readonly<Record<string, string | undefined>>,
): Answer {
  const headers = new Map(answer.headers);
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined) headers.delete(name);
    else headers.set(name, value);
  }
  return { ...answer, headers };
}

export function withBody(answer: Answer, change: Partial<Body>): Answer {
  return { ...answer, body: { ...answer.body, ...change } };
}

/** A short answer of the server itself. */
export function plainAnswer(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const body = bodyOf(new TextEncoder().encode(text));
  const own = new Map([["content-length", String(body.length)], ...Object.entries(headers)]);
  return { kind: "answer", status, headers: own, body };
}
