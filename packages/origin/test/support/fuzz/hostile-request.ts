import type { Dice } from "./dice.ts";
import { rightRequest } from "./right-request.ts";
import type { Site } from "./site.ts";

const methods = [
  "GET",
  "HEAD",
  "POST",
  "CONNECT",
  "OPTIONS",
  "TRACE",
  "PRI",
  "get",
  "G\0T",
] as const;
const versions = [
  "HTTP/1.1",
  "HTTP/1.0",
  "HTTP/2.0",
  "HTTP/0.9",
  "HTTP/1.2",
  "HTTP/11.1",
  "http/1.1",
  "HTTP/1.1 ",
  "RTSP/1.0",
  "ICE/1.0",
  "",
];
const targets = [
  "/",
  "*",
  "",
  "/../../etc/passwd",
  "/metadata/../keys",
  "/metadata/%2e%2e/keys",
  "//",
  "/targets/%00",
  "/targets/\\..\\x",
  "http://x/metadata/timestamp.json",
  "x:443",
  "/metadata/timestamp.json#a",
  "/metadata/timestamp.json%0d%0aX:%20y",
  "/%",
  "/\xff",
  "/metadata/9.root.json",
  "/metadata/nothing",
  "/metrics",
  "/healthz",
  "/security/",
  '/metadata/%0a{"event":"forged"}',
];

/** A request that is wrong in some way, or right and damaged. */
export function hostileRequest(dice: Dice, site: Site): string {
  const text = dice.pick([oddLine, oddHeaders, tooMuch, damaged, binary])(dice, site);
  return dice.chance(1, 8) ? text.slice(0, dice.below(text.length)) : text;
}

function oddLine(dice: Dice, site: Site): string {
  const target = dice.chance(1, 3) ? dice.pick(site.small) : dice.pick(targets);
  const space = dice.pick([" ", " ", " ", "  ", "\t", ""]);
  const line = [dice.pick(methods), target, dice.pick(versions)].join(space);
  return [line, "Host: a", "", ""].join(dice.pick(["\r\n", "\r\n", "\r\n", "\n", "\r"]));
}

function oddHeaders(dice: Dice, site: Site): string {
  const some = Array.from({ length: 1 + dice.below(3) }, () => oddHeader(dice));
  return rightRequest(dice, site, some);
}

function oddHeader(dice: Dice): string {
  return dice.pick([
    "Host: b",
    "Expect: 100-continue",
    "Host: a b/c",
    " folded",
    "\tfolded",
    "X: \0",
    "X: \x7f",
    "X: a\rb",
    "X: a\nb",
    ": empty",
    "X",
    "X(: y",
    "Connection: Upgrade, keep-alive, close",
    "Keep-Alive: timeout=9999999",
    "Range: bytes=-",
    "Range: bytes=99999999999999999999-",
    'If-None-Match: "',
    "If-Range: x",
    "Proxy-Connection: close",
    "__proto__: x",
    "Content-Length: 7",
    "Transfer-Encoding: chunked",
  ]);
}

/** A head that is near or beyond a bound. */
function tooMuch(dice: Dice, site: Site): string {
  const way = dice.below(4);
  if (way === 0) return rightRequest(dice, site, [`X: ${"x".repeat(dice.below(20_000))}`]);
  if (way === 1)
    return rightRequest(
      dice,
      site,
      Array.from({ length: dice.below(300) }, () => "X: y"),
    );
  if (way === 2)
    return `GET /metadata/${"a/".repeat(dice.below(4_000))} HTTP/1.1\r\nHost: a\r\n\r\n`;
  return `${"\r\n".repeat(dice.below(3_000))}${rightRequest(dice, site)}`;
}

function damaged(dice: Dice, site: Site): string {
  const bytes = Buffer.from(rightRequest(dice, site), "latin1");
  for (let damage = 1 + dice.below(3); damage > 0; damage--) {
    bytes[dice.below(bytes.length)] = dice.chance(1, 2) ? dice.below(256) : dice.below(32);
  }
  return bytes.toString("latin1");
}

/** Other protocols, and noise. */
function binary(dice: Dice): string {
  const noise = Array.from({ length: dice.below(200) }, () => String.fromCharCode(dice.below(256)));
  return dice.pick([
    noise.join(""),
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "SSH-2.0-worm\r\n",
    "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n",
    "\0".repeat(dice.below(20_000)),
  ]);
}
