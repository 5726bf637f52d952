import type { IncomingMessage } from "node:http";

const loopback = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i;

/**
 * Whether a program on this machine asks, and no web page. A page in a browser here can send
 * requests, too: one whose name was made to lead here says that name in `Host`; any other says
 * `Origin`, and may not even ask to send JSON.
 */
export function isFromHere({ headers }: IncomingMessage): boolean {
  return loopback.test(headers.host ?? "") && headers.origin === undefined;
}
