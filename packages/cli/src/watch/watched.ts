import type { OriginFeed } from "./origin-feed.ts";

const minuteTicks = 60;

/** What is watched, at one tick. */
export interface Watched {
  /** By URL. */
  readonly feeds: ReadonlyMap<string, OriginFeed>;
  readonly tick: number;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

/** The time of day, as `12:00:17 UTC`. */
export function timeOf({ now }: Watched): string {
  return `${new Date(now).toISOString().slice(11, 19)} UTC`;
}

/** About how many distinct sources asked in the last minute; of several origins, at most. */
export function sourcesLately(feeds: readonly OriginFeed[]): number {
  return feeds.reduce((sum, feed) => sum + (feed.recorded?.sources ?? 0), 0);
}

/** The rules that, in the last minute, turned away too many machines with good tickets. */
export function alarmsLately(feeds: readonly OriginFeed[], tick: number): readonly string[] {
  const rules = new Set<string>();
  for (const feed of feeds) {
    for (let at = tick; at > tick - minuteTicks; at--) {
      for (const [rule, times] of feed.at(at)?.alarms ?? []) if (times > 0) rules.add(rule);
    }
  }
  return [...rules].toSorted();
}

/** The networks that sent most requests in the last minute, to all origins together. */
export function networksLately(
  feeds: readonly OriginFeed[],
): readonly (readonly [string, number])[] {
  const sums = new Map<string, number>();
  for (const feed of feeds) {
    for (const [network, requests] of feed.recorded?.networks ?? []) {
      sums.set(network, (sums.get(network) ?? 0) + requests);
    }
  }
  return [...sums].toSorted(([, a], [, b]) => b - a);
}
