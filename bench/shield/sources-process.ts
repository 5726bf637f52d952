import { getRandomValues } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { defaultLimits } from "../../packages/origin/src/limits.ts";
import { SourceMeter } from "../../packages/origin/src/measures/source-meter.ts";
import { issueTicket } from "../../packages/origin/src/shield/ticket.ts";
import { TicketVerifier } from "../../packages/origin/src/shield/ticket-verifier.ts";
import { HandshakeShares } from "../../packages/origin/src/tls/handshake-shares.ts";
import type { SourcesTold } from "./sources-told.ts";

// Feeds what an origin remembers of its clients with as many of them as it is told, and tells what
// that takes: `node sources-process.ts COUNT`.

const count = Number(process.argv[2]);
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const key = { kid: "0a1b2c3d4e5f", secret: "s".repeat(43) };
const nowSeconds = 1_900_000_000;

const meter = new SourceMeter([1, 2]);
const shares = new HandshakeShares(defaultLimits, (into) => getRandomValues(into));
const verifier = new TicketVerifier("primary");
verifier.setKeys([key]);

/** What is fed, and how many of them at most, since making a ticket costs more than reading it. */
const tables: readonly (readonly [string, number, (at: number) => void])[] = [
  ["addresses, counted by network and by sketch", count, (at) => meter.count(addressOf(at))],
  [
    "addresses, their shares of TLS handshakes",
    count,
    (at) => shares.judge(addressOf(at), at / 1000),
  ],
  [
    "machines with a good ticket each",
    Math.min(count, 1_000_000),
    (at) => {
      const ticket = { aud: "primary", sub: `machine-${at}`, since: 1, exp: nowSeconds + 1 };
      verifier.verify(issueTicket(ticket, key), nowSeconds);
    },
  ],
];

const bareBytes = process.memoryUsage.rss();
const told: SourcesTold[] = tables.map(([what, sources, feed]) => {
  for (let at = 0; at < sources / 100; at++) feed(at); // V8 has compiled it, tables have their size
  const before = heldBytes();
  const began = process.cpuUsage();
  for (let at = 0; at < sources; at++) feed(at);
  const { user, system } = process.cpuUsage(began);
  return { what, sources, micros: (user + system) / sources, grownBytes: heldBytes() - before };
});
const peakBytes = process.resourceUsage().maxRSS * 1024;
process.stdout.write(JSON.stringify({ told, peakBytes, bareBytes }));

function heldBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Neighbours come far apart, as in a flood. Every number below 2^32 has an address of its own. */
function addressOf(at: number): string {
  const mixed = Math.imul(at + 1, 0x9e3779b1) >>> 0; // odd, so no two meet
  return `${mixed >>> 24}.${(mixed >>> 16) & 255}.${(mixed >>> 8) & 255}.${mixed & 255}`;
}
