import type { Field, Result } from "./field.ts";
import { aria2, aria2Metalink, aria2Tuned, causeway, curl, type Program } from "./programs.ts";
import { fileLength } from "./repository.ts";
import { oneRouteSeconds, type Scenario, scenarios } from "./scenario.ts";

const rounds = Number(process.env["CAUSEWAY_BENCH_RUNS"] ?? 5);
const secondsMax = 40; // of one run; who needs more has not done it
const hopelessAfter = 1; // such runs of one program, then it is not asked again

/** Results of one program on one day, run by run. */
interface Row {
  readonly program: Program;
  readonly results: Result[];
}

/** Every program through every scenario, in turns, so that the machine's moods meet all. */
export async function measureDays(field: Field): Promise<string> {
  const days = scenarios.map((scenario) => ({ scenario, rows: rowsOf(scenario) }));
  for (let round = 1; round <= rounds; round++) {
    for (const { scenario, rows } of days) {
      for (const row of rows) {
        if (row.results.filter(({ tooLong }) => tooLong).length >= hopelessAfter) continue;
        const result = await field.run(row.program, scenario, secondsMax);
        row.results.push(result);
        tell(round, scenario, row.program, result);
      }
    }
  }
  return days.map(({ scenario, rows }) => tableOf(scenario, rows)).join("\n\n");
}

function rowsOf(scenario: Scenario): readonly Row[] {
  const isHealthy = scenario === scenarios[0];
  const programs = [causeway, aria2, aria2Tuned, aria2Metalink, ...(isHealthy ? [curl] : [])];
  return programs.map((program) => ({ program, results: [] }));
}

function tell(round: number, scenario: Scenario, program: Program, result: Result): void {
  const seconds = result.seconds.toFixed(2);
  const what = result.right ? "right" : `no patch (exit ${result.code})`;
  process.stderr.write(
    `  ${round}/${rounds} ${scenario.name}: ${program.name} ${seconds} s ${what}\n`,
  );
  if (program === causeway && process.env["CAUSEWAY_BENCH_SAY"] !== undefined) {
    process.stderr.write(`${result.startSeconds.toFixed(2)} ${result.output}\n`);
  }
}

const head = [
  "| program | s, median | least | most | x limit | s to first bytes | MB too many | CPU s/GB | MiB | right |",
  "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
];

function tableOf(scenario: Scenario, rows: readonly Row[]): string {
  const { name, limitSeconds, target } = scenario;
  const most = (limitSeconds * target).toFixed(2);
  const [ours, ...peers] = rows.map((row) => medianOf(row.results, ({ seconds }) => seconds));
  const best = Math.min(
    ...rows
      .slice(1)
      .map((row, at) => (isRight(row) ? (peers[at] ?? NaN) : NaN))
      .filter((seconds) => !Number.isNaN(seconds)),
  );
  const verdict = (ours ?? Infinity) <= limitSeconds * target ? "met" : "missed";
  const beside = Number.isFinite(best)
    ? `ours is ${((ours ?? NaN) / best).toFixed(2)} of the best peer's`
    : "no peer delivered each time";
  return [
    `**${name}**: limit ${limitSeconds.toFixed(2)} s; target ${target}x, ${most} s: ${verdict}; ${beside}.`,
    "",
    ...head,
    ...rows.map((row) => rowOf(row, row.program === curl ? oneRouteSeconds : limitSeconds)),
  ].join("\n");
}

function isRight({ results }: Row): boolean {
  return results.every(({ right }) => right);
}

function rowOf({ program, results }: Row, limitSeconds: number): string {
  const seconds = results.map((each) => each.seconds).toSorted((a, b) => a - b);
  const median = medianOf(results, (each) => each.seconds);
  const cutOff = results.some(({ tooLong }) => tooLong);
  const right = results.filter((each) => each.right).length;
  const show = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? "";
  return [
    `| ${program.name}`,
    cutOff ? `not done in ${secondsMax}` : show(median, 2),
    show(seconds[0], 2),
    show(seconds.at(-1), 2),
    cutOff ? "" : show(median / limitSeconds, 2),
    show(
      medianOf(results, ({ startSeconds }) => startSeconds),
      2,
    ),
    show(
      medianOf(results, ({ received }) => (received - fileLength) / 1e6),
      1,
    ),
    show(
      medianOf(results, ({ cpuSeconds }) => (cpuSeconds ?? NaN) / (fileLength / 1e9)),
      1,
    ),
    show(
      medianOf(results, ({ residentMiB }) => residentMiB ?? NaN),
      0,
    ),
    `${right} of ${results.length} |`,
  ].join(" | ");
}

function medianOf(results: readonly Result[], value: (result: Result) => number): number {
  const sorted = results.map(value).toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
