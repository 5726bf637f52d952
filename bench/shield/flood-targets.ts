import { outcomeOf, type Row } from "./flood-tables.ts";
import { shownMs, shownShare } from "./outcome.ts";
import type { Visitor } from "./visit-job.ts";

/** What one front was to reach. */
interface Target {
  readonly what: string;
  readonly value: string;
  readonly met: boolean;
}

const names = {
  serve: "causeway serve",
  entrances: "causeway serve --entrances",
  edge: "causeway edge haproxy",
  byHand: "HAProxy by hand",
};

/** Whether ours reach what was set: over all kinds of floods together, as far as they were run. */
export function targetTable(rows: readonly Row[], retrying: readonly Row[]): string {
  const targets = [
    success(rows, names.serve, 10, 0.999),
    success(rows, names.serve, 30, 0.99),
    success(rows, names.entrances, 10, 0.999),
    success(rows, names.entrances, 30, 0.99),
    success(rows, names.edge, 10, 0.999),
    success(rows, names.edge, 30, 0.99),
    oneProcess(rows),
    besideCalm(rows),
    besideHand(rows),
    ...[names.serve, names.edge].flatMap((name) => [
      newcomers(retrying, name, "newcomer"),
      newcomers(retrying, name, "newcomer, flooding address"),
    ]),
  ].filter((target) => target !== undefined);
  const lines = targets.map(
    ({ what, value, met }) => `| ${what} | ${value} | ${met ? "met" : "NOT met"} |`,
  );
  return ["| target | measured | |", "| --- | ---: | --- |", ...lines, ""].join("\n");
}

function of(rows: readonly Row[], name: string, times: number): readonly Row[] {
  return rows.filter((row) => row.front.name === name && row.times === times);
}

function success(
  rows: readonly Row[],
  name: string,
  times: number,
  least: number,
): Target | undefined {
  const outcome = outcomeOf(of(rows, name, times), "ticketed", "flood");
  if (outcome.came === 0) return undefined;
  const what = `${name}: ticketed at ${times}x, at least ${least * 100} %`;
  return { what, value: `${shownShare(outcome.success)} %`, met: outcome.success >= least };
}

function oneProcess(rows: readonly Row[]): Target | undefined {
  const spread = p99(rows, names.serve);
  if (spread === undefined) return undefined;
  const what = `${names.serve}: ticketed p99 at 10x, worst flood, under 250 ms`;
  return { what, value: `${shownMs(spread)} ms`, met: spread.median < 250 };
}

function besideCalm(rows: readonly Row[]): Target | undefined {
  const own = of(rows, names.entrances, 10);
  const [spread, calm] = [worstOf(own), outcomeOf(own, "ticketed", "calm").percentile(0.99)];
  if (spread === undefined) return undefined;
  const what = `${names.entrances}: ticketed p99 at 10x, worst flood, within 25 ms of calm`;
  const value = `${shownMs(spread)} beside ${shownMs(calm)} ms`;
  return { what, value, met: spread.median <= calm.median + 25 };
}

function besideHand(rows: readonly Row[]): Target | undefined {
  const [own, theirs] = [p99(rows, names.edge), p99(rows, names.byHand)];
  if (own === undefined || theirs === undefined) return undefined;
  const what = `${names.edge}: ticketed p99 at 10x, worst flood, within 1.2x of ${names.byHand}`;
  const value = `${shownMs(own)} beside ${shownMs(theirs)} ms`;
  return { what, value, met: own.median <= 1.2 * theirs.median };
}

function p99(rows: readonly Row[], name: string): ReturnType<typeof worstOf> {
  return worstOf(of(rows, name, 10));
}

function worstOf(rows: readonly Row[]) {
  const each = rows.map((row) => outcomeOf([row], "ticketed", "flood").percentile(0.99));
  return each.toSorted((a, b) => b.median - a.median)[0];
}

function newcomers(rows: readonly Row[], name: string, who: Visitor): Target | undefined {
  const outcome = outcomeOf(of(rows, name, 10), who, "flood");
  if (outcome.came === 0) return undefined;
  const what = `${name}: ${who}, at 10x within three retries, at least 95 %`;
  return { what, value: `${shownShare(outcome.success)} %`, met: outcome.success >= 0.95 };
}
