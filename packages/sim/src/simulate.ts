import { type DrillReport, runDrill } from "./drill.ts";

/** Which seeds to run. */
export interface Seeds {
  readonly from: number;
  readonly count: number;
  /** Every so many of them: several processes share the work. */
  readonly step: number;
}

const twiceEvery = 50; // seeds: so often one is run twice, to see that it replays

/**
 * Runs drill after drill.
 * @param onDone is told each that ended; it returns false to stop
 * @param onBegin is told each that begins
 */
export async function simulate(
  seeds: Seeds,
  onDone: (report: DrillReport) => boolean,
  onBegin: (seed: number) => void = () => undefined,
): Promise<void> {
  for (let index = 0; index < seeds.count; index += seeds.step) {
    const seed = seeds.from + index;
    onBegin(seed);
    const report = await runDrill(seed);
    const again = seed % twiceEvery === 0 ? await runDrill(seed) : report;
    if (!onDone(differenceOf(report, again) ?? report)) return;
  }
}

/** A report of what differs when the same seed is run twice; undefined when nothing does. */
function differenceOf(one: DrillReport, two: DrillReport): DrillReport | undefined {
  const at = one.trace.findIndex((line, index) => line !== two.trace[index]);
  if (at < 0 && one.trace.length === two.trace.length) return undefined;
  const what = `the second time line ${at + 1} is "${two.trace[at]}", not "${one.trace[at]}"`;
  return { ...one, trace: one.trace.slice(0, at + 1), broken: { law: 0, message: what } };
}

/** The story of a failed drill, ready to be told. */
export function story(report: DrillReport, commit: string, linesMax: number): string {
  const { seed, swarm, routes, trace, broken } = report;
  const lines = [
    `SEED=${seed} COMMIT=${commit} ${broken?.message ?? "all laws held"}`,
    `drawn: ${JSON.stringify(swarm)}`,
    ...routes.map((route) => `  ${route}`),
    ...(trace.length > linesMax ? [`  … ${trace.length - linesMax} lines before`] : []),
    ...trace.slice(-linesMax).map((line) => `  ${line}`),
    `again: npm run simulate -- --seed ${seed}`,
  ];
  return `${lines.join("\n")}\n`;
}
