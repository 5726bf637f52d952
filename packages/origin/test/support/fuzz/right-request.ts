import type { Dice } from "./dice.ts";
import type { Site } from "./site.ts";

/** A request that any client might send, and that is answered to the byte. */
export function rightRequest(dice: Dice, site: Site, more: readonly string[] = []): string {
  const method = dice.pick(["GET", "GET", "GET", "HEAD"]);
  const target = dice.chance(1, 16) ? site.large : dice.pick(site.small);
  const line = `${method} ${spelled(target, dice)} HTTP/1.1`;
  const some = Array.from({ length: dice.below(3) }, () => harmless(dice));
  const byName = new Map(some.map((header) => [header.split(":")[0], header]));
  return [line, `Host: ${host(dice)}`, ...byName.values(), ...more, "", ""].join("\r\n");
}

/** The same file in the other words that RFC 3986 has for it. */
function spelled(target: string, dice: Dice): string {
  const way = dice.below(8);
  if (way === 0) return `${target}?${dice.uint32()}`;
  if (way === 1) return target.replace("e", "%65").replace("t", "%74");
  return target;
}

/** Names of this service, of others, and of nothing. */
function host(dice: Dice): string {
  const names = ["causeway.test", "127.0.0.1:80", "[::1]:8080", "retired.example", ""] as const;
  return dice.chance(1, 4) ? `h${dice.uint32()}.example` : dice.pick(names);
}

function harmless(dice: Dice): string {
  const first = dice.below(10_000);
  return dice.pick([
    `Range: bytes=${first}-${first + dice.below(10_000)}`,
    "Range: bytes=0-",
    "Range: bytes=-1",
    `Range: bytes=${"0-0,".repeat(1 + dice.below(200))}`,
    "Range: bytes=0-999999999999999999999999",
    "If-None-Match: *",
    "If-Modified-Since: Sat, 01 Jan 2050 00:00:00 GMT",
    'If-Match: "never"',
    "Accept: text/html,*/*",
    `Cookie: ${"c".repeat(dice.below(2_000))}`,
    "Expect: a-miracle",
    "Upgrade: h2c",
    "Content-Length: 0",
    "Connection: keep-alive",
    "Authorization: Bearer a.b.c",
    'X: \\n{"event":"forged"}',
    `X: \xff\xfe\x80${dice.uint32()}`,
    "Accept-Encoding: gzip, br, zstd",
    "X-Forwarded-For: 127.0.0.1",
  ]);
}
