import type { Field, Result } from "./field.ts";
import { aria2, aria2Metalink, aria2Tuned, causeway, curl, type Program } from "./programs.ts";
import { fileLength } from "./repository.ts";
import { oneRouteSeconds, type Scenario, scenarios } from "./scenario.ts";

const rounds = Number(process.env["CAUSEWAY_BENCH_RUNS"] ?? 5);
const secondsMax = 30; // of one run; who needs more has not done it
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

const head: readonly string[] = [
  "| program | s, median | least | most | x limit | s to first bytes | MB too many | CPU s/GB | MiB | right |",
  "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
];

function tableOf(scenario: Scenario, rows: readonly Row[]): string {
  const { name, limitSeconds, target } = scenario;
  const [own, ...peers] = rows;
  const ours = medianOf(own?.results ?? [], ({ seconds }) => seconds);
  const atWork = medianOf(own?.results ?? [], secondsAtWork);
  const done = peers.filter(({ results }) => results.every(({ right }) => right));
  const best = Math.min(...done.map(({ results }) => medianOf(results, ({ seconds }) => seconds)));
  const most = limitSeconds * target;
  const beside = Number.isFinite(best)
    ? `ours takes ${(ours / best).toFixed(2)} of the best peer's time`
    : "no peer delivered each time";
  return [
    `**${name}**: the limit is ${limitSeconds.toFixed(2)} s, the target ${target} times that,`,
    `${most.toFixed(2)} s: ${verdict(ours, most)}. Once the process had started, ours took`,
    `${atWork.toFixed(2)} s, ${(atWork / limitSeconds).toFixed(2)} times the limit:`,
    `${verdict(atWork, most)}. Start to end, ${beside}.`,
    "",
    ...head,
    ...rows.map((row) => rowOf(row, row.program === curl ? oneRouteSeconds : limitSeconds)),
  ].join("\n");
}

function verdict(seconds: number, most: number): string {
  return seconds <= most ? "met" : `missed by ${(seconds - most).toFixed(2)} s`;
}

/** As `get --json` tells: without loading Node.js and the program. */
function secondsAtWork({ output }: Result): number {
  try {
    const { seconds } = JSON.parse(output) as { readonly seconds?: unknown };
    return typeof seconds === "number" ? seconds : Number.NaN;
  } catch {
    return Number.NaN;
  }
}

function rowOf({ program, results }: Row, limitSeconds: number): string {
  const seconds = results.map((each) => each.seconds).toSorted((a, b) => a - b);
  const median = medianOf(results, (each) => each.seconds);
  const cutOff = results.some(({ tooLong }) => tooLong);
  const right = results.filter((each) => each.right).length;
  const show = (value = Number.NaN, digits: number): string => {
    return Number.isNaN(value) ? "" : value.toFixed(digits);
  };
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
