/** One request as it was sent. */
export interface SentRequest {
  readonly method: string;
  readonly target: string;
  readonly version: "1.0" | "1.1";
  /** Names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly headBytes: number;
  /** Node's parser may take it, although it has several spaces, or RTSP for its protocol. */
  readonly odd: boolean;
}

/** What a strict server may take a connection's bytes for. */
export interface SentStream {
  readonly requests: readonly SentRequest[];
  /**
   * What comes behind them: nothing, a head that is not over, bytes that are no request, or a body
   * or tunnel, behind which nothing may be read as a request.
   */
  readonly rest: "nothing" | "unfinished" | "malformed" | "not-read";
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const start = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) +([\x21-\x7e]+) +(?:HTTP|RTSP)\/1\.([01])$/;
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Reads requests as RFC 9112 has them, and nothing that comes near: a second opinion on the
 * parser of the server.
 */
export function readStrictly(bytes: Buffer): SentStream {
  const text = bytes.toString("latin1");
  const requests: SentRequest[] = [];
  for (let at = 0; ; ) {
    while (text[at] === "\r" || text[at] === "\n") at++; // section 2.2: empty lines before a request
    if (at === text.length) return { requests, rest: "nothing" };
    const end = text.indexOf("\r\n\r\n", at);
    const head = end < 0 ? undefined : readHead(text.slice(at, end));
    if (head === undefined) {
      const broken = end >= 0 || !mayBecomeHead(text.slice(at));
      return { requests, rest: broken ? "malformed" : "unfinished" };
    }
    requests.push(head);
    if (head.method === "CONNECT" || hasBody(head)) return { requests, rest: "not-read" };
    at = end + 4;
  }
}

function readHead(text: string): SentRequest | undefined {
  const [first = "", ...lines] = text.split("\r\n");
  const [, method, target, minor] = start.exec(first) ?? [];
  if (method === undefined || target === undefined) return undefined;
  const headers: (readonly [string, string])[] = [];
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon));
    const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, "");
    if (!token.test(name) || !fieldValue.test(value)) return undefined;
    headers.push([name.toLowerCase(), value]);
  }
  const version = minor === "0" ? "1.0" : "1.1";
  const odd = / {2}|RTSP\/1\.[01]$/.test(first);
  return { method, target, version, headers, headBytes: text.length + 4, odd };
}

/** All values of a header. */
export function valuesOf({ headers }: SentRequest, name: string): readonly string[] {
  return headers.filter(([each]) => each === name).map(([, value]) => value);
}

/** Whether it says that a body follows, in whatever words. */
export function hasBody(request: SentRequest): boolean {
  if (valuesOf(request, "transfer-encoding").length > 0) return true;
  return valuesOf(request, "content-length").some((value) => value !== "0");
}

/** A line that is not over says little; those before it say whether more may make it a head. */
function mayBecomeHead(text: string): boolean {
  const whole = text.lastIndexOf("\r\n");
  return whole < 0 || readHead(text.slice(0, whole)) !== undefined;
}
