import { setTimeout as sleep } from "node:timers/promises";
import { descriptorLog } from "../../../src/log.ts";
import { startOrigin } from "../../../src/origin.ts";

// The server that is fuzzed: `node --expose-gc fuzzed-process.ts TREE CERT KEY`. An error that
// nobody catches ends it, as it ends `causeway serve`.
const [tree = "", certFile = "", keyFile = ""] = process.argv.slice(2);
const handshakes = 1_000_000;
const origin = await startOrigin({
  tree,
  host: "127.0.0.1",
  port: 0,
  workers: 1,
  adminPort: 0,
  tls: { certFile, keyFile, port: 0 },
  limits: {
    // Short, so that what holds a connection is over while the run goes on.
    headerTimeMs: 5_000,
    keepAliveMs: 1_000,
    sendGraceMs: 1_000,
    handshakeMs: 30_000,
    cacheBytesMax: 4 * 1024 * 1024,
    logLinesPerSecondMax: 1_000,
    // All come from one address.
    handshakesPerSecondCalm: handshakes,
    handshakesPerSecondMax: handshakes,
    // It is to answer, not to shed: this machine is as busy with asking.
    workAtOnceMin: 200,
    waitMs: 10_000,
    standingAfterMs: 60_000,
    shareWorkMsPerSecond: 1_000_000,
    shareBytesPerSecond: 1e12,
    heldMs: { least: 1, most: 10 },
  },
  log: descriptorLog(2),
});
const { port, tlsUrl, adminUrl } = origin;
process.send?.({ plain: port, tls: Number(new URL(tlsUrl ?? "").port), adminUrl });

process.on("message", (message) => {
  if (message === "stop") void stop();
  else void tell();
});

/** What is held when garbage is gone. */
async function tell(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await sleep(50);
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  const handles = process.getActiveResourcesInfo().length;
  process.send?.({ heapUsed, external, rss, handles });
}

async function stop(): Promise<void> {
  await origin.close(1_000);
  process.disconnect();
}
