import type { Dice } from "./dice.ts";
import type { Site } from "./site.ts";

/**
 * A request with a right one hidden where only one of two readers would see it: in a body whose
 * length is said twice, wrongly, or in words that one of them does not know (RFC 9112 section 11.2).
 */
export function smuggledRequest(dice: Dice, site: Site): string {
  const target = dice.pick(site.small);
  const hidden = `GET ${dice.pick(site.small)} HTTP/1.1\r\nHost: hidden\r\n\r\n`;
  const method = dice.pick(["GET", "GET", "HEAD", "POST", "OPTIONS", "PUT"]);
  const end = dice.pick(["\r\n", "\r\n", "\r\n", "\n", "\r"]);
  const framing = dice.chance(1, 3)
    ? [contentLength(dice, hidden), transferEncoding(dice)]
    : [dice.chance(1, 2) ? contentLength(dice, hidden) : transferEncoding(dice)];
  if (dice.chance(1, 6)) framing.push(contentLength(dice, hidden));
  if (dice.chance(1, 2)) framing.reverse();
  if (dice.chance(1, 6)) framing.push("Expect: 100-continue");
  const version = dice.pick(["HTTP/1.1", "HTTP/1.1", "HTTP/1.0"]);
  const head = [`${method} ${target} ${version}`, "Host: a", ...framing, "", ""].join(end);
  return head + dice.pick(["", chunked(dice, hidden), "0\r\n\r\n"]) + hidden;
}

function contentLength(dice: Dice, hidden: string): string {
  const length = hidden.length;
  return dice.pick([
    `Content-Length: ${length}`,
    `Content-Length: ${dice.below(length)}`,
    `Content-Length: ${length}, ${length}`,
    `Content-Length: +${length}`,
    `Content-Length: -${length}`,
    `Content-Length: 0x${length.toString(16)}`,
    `Content-Length: ${length}.0`,
    `Content-Length:\x0b${length}`,
    `Content-Length : ${length}`,
    `Content-Length\t: ${length}`,
    ` Content-Length: ${length}`,
    `X: a\nContent-Length: ${length}`,
    `Content-Length: 0\r\n ${length}`,
    `Content-Length: ${"9".repeat(1 + dice.below(40))}`,
    `Content_Length: 0\r\nContent-Length: ${length}`,
  ]);
}

function transferEncoding(dice: Dice): string {
  const coding = dice.pick([
    "chunked",
    "Chunked",
    "chunked, identity",
    "identity",
    "gzip, chunked",
  ]);
  return dice.pick([
    `Transfer-Encoding: ${coding}`,
    `Transfer-Encoding: ${coding}`,
    `transfer-encoding:${coding}`,
    `Transfer-Encoding : ${coding}`,
    `Transfer-Encoding: x${coding}`,
    `Transfer-Encoding: "${coding}"`,
    `Transfer-Encoding:\x0b${coding}`,
    `Transfer-Encoding:\r\n ${coding}`,
    `Transfer-Encoding: ${coding}\r\nTransfer-Encoding: ${coding}`,
    `X: a\nTransfer-Encoding: ${coding}`,
    `X: a\rTransfer-Encoding: ${coding}`,
    `\0Transfer-Encoding: ${coding}`,
    `Transfer-Encoding: ${coding}\0`,
    ` Transfer-Encoding: ${coding}`,
    "Transfer-Encoding:",
  ]);
}

function chunked(dice: Dice, hidden: string): string {
  const size = hidden.length.toString(16);
  return dice.pick([
    `${size}\r\n${hidden}\r\n0\r\n\r\n`,
    `${size};${"x".repeat(dice.below(3_000))}\r\n${hidden}\r\n0\r\n\r\n`,
    `${size}\n${hidden}\n0\n\n`,
    `0x${size}\r\n${hidden}\r\n0\r\n\r\n`,
    `-1\r\n${hidden}`,
    `${"f".repeat(1 + dice.below(40))}\r\n${hidden}`,
    `0\r\nX: y\r\n\r\n${hidden}`,
    `${"0".repeat(1 + dice.below(3_000))}1\r\na\r\n`,
  ]);
}
