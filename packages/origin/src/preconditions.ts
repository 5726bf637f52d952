import type { IncomingHttpHeaders } from "node:http";
import { parseHttpDate } from "./http-date.ts";

/** What a request's conditions are judged by. */
export interface Validators {
  /** With its quotes, as `"9f86…"`; strong. */
  readonly etag: string;
  /** Whole seconds, in milliseconds since the Unix epoch. */
  readonly modifiedMs: number;
  /** The name vouches for the content, so even the time alone is a strong validator. */
  readonly fixed: boolean;
}

export type Condition = "go-on" | "not-modified" | "failed";

/** Judges a GET or HEAD request in the order of RFC 9110 section 13.2.2. */
export function judge(headers: IncomingHttpHeaders, file: Validators, now: number): Condition {
  const match = headers["if-match"];
  if (match !== undefined) {
    if (!names(match, file.etag, "strong")) return "failed";
  } else {
    const before = dateOf(headers["if-unmodified-since"], now);
    if (before !== undefined && file.modifiedMs > before) return "failed";
  }
  const noneMatch = headers["if-none-match"];
  if (noneMatch !== undefined) {
    return names(noneMatch, file.etag, "weak") ? "not-modified" : "go-on";
  }
  const since = dateOf(headers["if-modified-since"], now);
  return since !== undefined && file.modifiedMs <= since ? "not-modified" : "go-on";
}

/** True when a `Range` header may be obeyed: there is no `If-Range`, or it names this version. */
export function rangeApplies(headers: IncomingHttpHeaders, file: Validators, now: number): boolean {
  const header = headers["if-range"];
  if (header === undefined) return true;
  if (typeof header !== "string") return false;
  if (header.startsWith('"')) return header === file.etag;
  // A file that may change twice in one second is not known by its second (section 8.8.2.2).
  return file.fixed && parseHttpDate(header, now) === file.modifiedMs;
}

function dateOf(header: string | undefined, now: number): number | undefined {
  return header === undefined ? undefined : parseHttpDate(header, now);
}

/** True when the list of entity tags has `etag`, or is `*`. A list is read as far as it is one. */
function names(list: string, etag: string, comparison: "strong" | "weak"): boolean {
  if (list.trim() === "*") return true;
  const member = /[\t ,]*(W\/)?("[\x21\x23-\x7e\x80-\xff]*")[\t ]*(?:,|$)/y;
  for (let tag = member.exec(list); tag !== null; tag = member.exec(list)) {
    if (tag[2] === etag && (comparison === "weak" || tag[1] === undefined)) return true;
  }
  return false;
}
