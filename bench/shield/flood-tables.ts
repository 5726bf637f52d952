import type { Attack, Attacked } from "./attack.ts";
import { type FloodKind, floodKinds, holdingKinds } from "./flood-job.ts";
import { Outcome, shownMs, shownShare } from "./outcome.ts";
import type { Phase, Visitor } from "./visit-job.ts";

/** One attack, and what came of it, round by round. */
export interface Row extends Attack {
  readonly rounds: Attacked[];
}

export const multiples = [1, 3, 10, 30] as const;

const kindNames: Readonly<Record<FloodKind, string>> = {
  root: "GET /",
  patch: "GET of the patch",
  ranges: "150 ranges of the patch",
  bogus: "the patch, bogus tickets",
  stolen: "the patch, one stolen ticket",
  new: "a new connection each",
  slowloris: "slowloris",
  drip: "drip reading",
};

/** Visitors of one front, by the flood that it was under. */
export function frontTable(name: string, rows: readonly Row[]): string {
  const calm = outcomeOf(rows, "ticketed", "calm");
  const lines = floodKinds.flatMap((kind) => {
    const own = rows.filter((row) => row.kind === kind);
    return own.length === 0 ? [] : [kindLine(kind, own)];
  });
  return [
    `**${name}** (calm, ticketed: ${shownShare(calm.success)} %, p50 ${shownMs(calm.percentile(0.5))} ms, p99 ${shownMs(calm.percentile(0.99))} ms):`,
    "",
    `| flood | sent/s of asked/s at ${multiples.at(-1)}x | ${multiples.map((times) => `${times}x, %`).join(" | ")} | p50 10x | p99 10x | p99 30x | same address, 10x, % | newcomers | browsers |`,
    `| --- | ---: | ${multiples.map(() => "---:").join(" | ")} | ---: | ---: | ---: | ---: | ---: | ---: |`,
    ...lines,
    "",
  ].join("\n");
}

function kindLine(kind: FloodKind, rows: readonly Row[]): string {
  const at = (times: number): readonly Row[] => rows.filter((row) => row.times === times);
  const success = (visitor: Visitor, times: number): string => {
    return shownShare(outcomeOf(at(times), visitor, "flood").success);
  };
  const ms = (share: number, times: number): string => {
    return shownMs(outcomeOf(at(times), "ticketed", "flood").percentile(share));
  };
  const cells = [
    kindNames[kind],
    rateOf(kind, at(multiples[3])),
    ...multiples.map((times) => success("ticketed", times)),
    ms(0.5, 10),
    ms(0.99, 10),
    ms(0.99, 30),
    success("ticketed, flooding address", 10),
    success("newcomer", 10),
    success("browser", 10),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** What the flood did, since whoever is not answered asks less. */
function rateOf(kind: FloodKind, rows: readonly Row[]): string {
  const [first] = rows.flatMap(({ rounds }) => rounds);
  if (first === undefined) return "-";
  const { flood, asked } = first;
  if (holdingKinds.has(kind)) return `${flood.connected} connections`;
  return `${(flood.sent / flood.seconds).toFixed(0)} of ${asked}`;
}

export function outcomeOf(rows: readonly Row[], visitor: Visitor, phase: Phase): Outcome {
  return new Outcome(
    rows.flatMap(({ rounds }) => rounds),
    visitor,
    phase,
  );
}

/** Newcomers that come back when they are told to. */
export function newcomerTable(rows: readonly Row[]): string {
  const lines = rows.flatMap((row) => {
    return (["newcomer", "newcomer, flooding address"] as const).map((visitor) => {
      const outcome = outcomeOf([row], visitor, "flood");
      const within = [1, 2, 3, 4].map((tries) => shownShare(outcome.successWithin(tries)));
      return `| ${[row.front.name, kindNames[row.kind], visitor, ...within].join(" | ")} |`;
    });
  });
  return [
    "**Newcomers at 10x**, who come back up to three times, as `Retry-After` says; success in percent:",
    "",
    "| front | flood | who | first try | one retry | two | three |",
    "| --- | --- | --- | ---: | ---: | ---: | ---: |",
    ...lines,
    "",
  ].join("\n");
}
