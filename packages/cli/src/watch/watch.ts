import { setTimeout as sleep } from "node:timers/promises";
import { askAdmin } from "../admin-request.ts";
import type { Terminal } from "../terminal.ts";
import { OriginFeed } from "./origin-feed.ts";
import { readRecording } from "./read-recording.ts";
import { WatchTeller } from "./watch-teller.ts";

const tickMs = 1_000;
const patienceMs = 400; // for those that answer at once; what comes later is shown a tick later

/**
 * Shows what the origins with these admin ports do, until `signal` fires.
 * @throws {Error} when it fires; nothing else ends it
 */
export async function watch(
  urls: readonly URL[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<never> {
  const began = performance.now();
  const tickNow = (): number => Math.floor((performance.now() - began) / tickMs);
  const feeds = new Map(urls.map((url) => [url.href, new OriginFeed()]));
  const asked = new Set<OriginFeed>();
  const ask = async (url: string, feed: OriginFeed): Promise<void> => {
    if (asked.has(feed) || !feed.isDue(tickNow())) return;
    asked.add(feed);
    const answer = await askAdmin(new URL(`seconds?since=${feed.lastN}`, url), signal);
    asked.delete(feed);
    const recorded = answer.kind === "text" ? readRecording(answer.text) : undefined;
    if (recorded !== undefined) feed.answered(recorded, tickNow());
    else feed.failed(answer.kind === "text" ? "it answers something else" : answer.why, tickNow());
  };
  const teller = new WatchTeller(terminal);
  try {
    for (;;) {
      const all = Promise.all([...feeds].map(([url, feed]) => ask(url, feed)));
      await Promise.race([all, sleep(patienceMs, undefined, { signal })]);
      signal.throwIfAborted(); // what was asked meanwhile has failed for that
      const tick = tickNow();
      teller.tell({ feeds, tick, now: Date.now() });
      const nextMs = began + (tick + 1) * tickMs - performance.now();
      await sleep(Math.max(0, nextMs), undefined, { signal });
    }
  } finally {
    teller.done();
  }
}
