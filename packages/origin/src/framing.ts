import type { HttpRequest } from "./exchange.ts";

/** RFC 3986 section 3.2.2 and a port; empty where a target has no authority. */
const hostShape = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(?::[0-9]*)?$/;

/** Whether every other reader on the way takes it for the same request. */
export function isPlain({ rawHeaders, headers, httpVersion }: HttpRequest): boolean {
  // Node's parser also takes 0.9 and 2.0 for versions.
  if (httpVersion !== "1.1" && httpVersion !== "1.0") return false;
  const hosts = hostCount(rawHeaders);
  // RFC 9112 section 3.2
  if (hosts !== 1 && (hosts > 1 || httpVersion === "1.1")) return false;
  return hostShape.test(headers.host ?? "");
}

function hostCount(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === "host") count++;
  }
  return count;
}

/** Whether bytes follow that are no request. */
export function hasBody({ headers }: HttpRequest): boolean {
  const length = headers["content-length"];
  return (length !== undefined && length !== "0") || headers["transfer-encoding"] !== undefined;
}
