import { statuses } from "../../../src/counters.ts";
import { type ReceivedAnswer, readAnswers } from "./answer-reader.ts";
import type { Site } from "./site.ts";
import { hasBody, readStrictly, type SentRequest, valuesOf } from "./strict-reader.ts";

/** What came back, and whether all of it was wanted. */
export interface Received {
  readonly bytes: Buffer;
  /** True when nothing but right requests were sent, and all answers waited for. */
  readonly complete: boolean;
  /** True when a server might have lost its patience. */
  readonly late: boolean;
}

const conditional = new Set([
  "range",
  "if-range",
  "if-match",
  "if-none-match",
  "if-modified-since",
  "if-unmodified-since",
]);
const busy = [429, 503]; // what a shield may say to anybody
const unread = new Set([400, 405, 408, 413, 431]);
const headBytesMax = 8 * 1024;
const ownHeaders = new Set([
  "accept-ranges",
  "access-control-allow-origin",
  "access-control-expose-headers",
  "age",
  "allow",
  "cache-control",
  "connection",
  "content-length",
  "content-range",
  "content-type",
  "date",
  "etag",
  "keep-alive",
  "last-modified",
  "link",
  "repr-digest",
  "retry-after",
  "vary",
  "content-security-policy",
  "x-content-type-options",
  "causeway-ticket",
]);

/**
 * Compares what a connection received with what it sent: never more answers than requests, only
 * statuses of ours, files byte for byte, and no word of a request in an answer's head.
 * @returns the statuses
 * @throws {Error} when the server did what it must not
 */
export function judge(
  sent: Buffer,
  { bytes, complete, late }: Received,
  site: Site,
): readonly number[] {
  const { requests, rest } = readStrictly(sent);
  const answers = readAnswers(
    bytes,
    requests.map(({ method }) => method),
  );
  let closed = false;
  for (const [at, answer] of answers.entries()) {
    if (!answer.whole && at < answers.length - 1) throw new Error("an answer within another");
    if (answer.status === 0) continue;
    if (closed) throw new Error("an answer behind one that closes the connection");
    closed = answer.headers.get("connection") === "close";
    judgeHead(answer);
    const request = requests[at];
    if (request === undefined) {
      judgeRefusal(answer, at === requests.length && rest !== "nothing" && rest !== "not-read");
      continue;
    }
    if (late && answer.status === 408) continue;
    judgeAnswer(request, answer, site);
    if (hasBody(request) && !closed) throw new Error("a connection goes on behind a body");
  }
  if (complete) judgeNumber(requests, answers);
  return answers.map(({ status }) => status);
}

function judgeHead({ status, headers }: ReceivedAnswer): void {
  if (!(statuses as readonly number[]).includes(status)) throw new Error(`status ${status}`);
  for (const name of headers.keys()) {
    if (!ownHeaders.has(name)) throw new Error(`an answer with the header ${name}`);
  }
}

function judgeRefusal({ status, headers }: ReceivedAnswer, expected: boolean): void {
  if (!expected) throw new Error(`${status} is an answer to nothing that was asked`);
  if (!unread.has(status)) {
    throw new Error(`${status} for what is no request`);
  }
  if (headers.get("connection") !== "close") throw new Error("a broken connection goes on");
}

function judgeNumber(requests: readonly SentRequest[], answers: readonly ReceivedAnswer[]): void {
  const whole = answers.filter((answer) => answer.whole).length;
  if (whole < requests.length) {
    throw new Error(`${whole} answers to ${requests.length} right requests`);
  }
}

function judgeAnswer(request: SentRequest, answer: ReceivedAnswer, site: Site): void {
  const { status, body, whole } = answer;
  const file = site.files.get(pathOf(request.target) ?? "");
  const expected = [...expectedStatuses(request, file), ...busy];
  if (!expected.includes(status)) {
    throw new Error(`${status} instead of ${expected.join(" or ")} for ${request.target}`);
  }
  if (status !== 200 && status !== 206) return;
  if (file === undefined) throw new Error(`there is no file for ${request.target}`);
  const { start, end } = status === 206 ? rangeOf(answer, file) : { start: 0, end: file.length };
  const length = Number(answer.headers.get("content-length"));
  if (length !== end - start) throw new Error(`${length} bytes instead of ${end - start}`);
  if (request.method === "HEAD") return;
  const wanted = file.subarray(start, whole ? end : start + body.length);
  if (!body.equals(wanted)) throw new Error(`other bytes than those of ${request.target}`);
}

function rangeOf({ headers }: ReceivedAnswer, file: Buffer): { start: number; end: number } {
  const text = headers.get("content-range") ?? "";
  const [, first, last, size] = /^bytes ([0-9]+)-([0-9]+)\/([0-9]+)$/.exec(text) ?? [];
  const [start, end] = [Number(first), Number(last) + 1];
  if (!(start < end && end <= file.length && Number(size) === file.length)) {
    throw new Error(`Content-Range: ${text}`);
  }
  return { start, end };
}

function expectedStatuses(request: SentRequest, file: Buffer | undefined): readonly number[] {
  const { method, target, headers, headBytes, version } = request;
  const hosts = valuesOf(request, "host");
  // Node does not count line ends and the like.
  const separators = 4 * headers.length + 100;
  if (headers.length > 64 || headBytes > headBytesMax + separators)
    return [400, 405, 408, 413, 431];
  if (headBytes > headBytesMax - separators) return statuses;
  if (method === "CONNECT") return [400, 405];
  if (hasBody(request)) return method === "GET" || method === "HEAD" ? [400, 413] : [400, 405];
  if (hosts.length > 1 || (hosts.length === 0 && version === "1.1")) return [400, 405];
  if (method !== "GET" && method !== "HEAD") return [400, 405];
  if (file === undefined || target.length > 1_024) return [400, 404];
  if (hosts.some((host) => /[^\w.~!$&'()*+,;=%:[\]-]/.test(host))) return [400];
  const conditions = headers.filter(([name]) => conditional.has(name));
  const odd = hosts.some((host) => !/^(?:[\w.-]*|\[[\d:]+\])(?::\d+)?$/.test(host));
  if (odd || request.odd) return [200, 206, 304, 400, 412, 416];
  if (conditions.length === 0) return [200];
  const [, first, last] = /^bytes=([0-9]{1,9})-([0-9]{0,9})$/.exec(conditions[0]?.[1] ?? "") ?? [];
  const simple = conditions.length === 1 && first !== undefined && method === "GET";
  if (!simple || (last !== "" && Number(last) < Number(first))) {
    return [200, 206, 304, 412, 416];
  }
  return [Number(first) < file.length ? 206 : 416];
}

/** As `parseRequestTarget`, in other words. */
function pathOf(target: string): string | undefined {
  const [path = ""] = target.split("?");
  const plain = path.replace(
    /%(2[dDeE]|3[0-9]|4[1-9a-fA-F]|5[0-9aAfF]|6[1-9a-fA-F]|7[0-9aAeE])/g,
    (escape) => {
      return decodeURIComponent(escape);
    },
  );
  if (!plain.startsWith("/")) return undefined;
  return plain === "/security/" ? "security/index.html" : plain.slice(1);
}
