import { execFileSync } from "node:child_process";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import { basename, join } from "node:path";

/** What `bench/NAME.bench.ts` exports. */
interface Benchmark {
  readonly title: string;
  /** Measures, and returns the tables as Markdown. */
  readonly run: () => Promise<string>;
}

const results = join(import.meta.dirname, "RESULTS.md");
const heading = "# Measured\n\nOne section per benchmark, each written by the command it names.\n";

const exceptResults = ["--", ":(top)", ":(top,exclude)bench/RESULTS.md"];

const flags = process.argv.slice(2).filter((each) => each.startsWith("-"));
const wanted = process.argv.slice(2).filter((each) => !each.startsWith("-"));
const known = globSync("*.bench.ts", { cwd: import.meta.dirname })
  .map((file) => basename(file, ".bench.ts"))
  .toSorted();

const chosen = wanted.map((word) => {
  return known.filter((name) => name === word || name.startsWith(`${word}-`));
});
if (chosen.some((names) => names.length === 0) || flags.some((flag) => flag !== "--write")) {
  const usage = "usage: npm run bench -- [--write] [NAME...], where shield is all of shield-*";
  process.stderr.write(`${usage}\nknown: ${known.join(", ")}\n`);
  process.exit(2);
}

for (const name of wanted.length > 0 ? chosen.flat() : known) {
  process.stderr.write(`bench ${name} …\n`);
  const benchmark = (await import(`./${name}.bench.ts`)) as Benchmark;
  const before = circumstances(name);
  const tables = await benchmark.run();
  const section = `## ${name}: ${benchmark.title}\n\n${before}\n\n${tables.trim()}\n`;
  process.stdout.write(`${section}\n`);
  if (flags.includes("--write")) replaceSection(name, section);
}

/** Figures without their machine, date and command are hearsay. */
function circumstances(name: string): string {
  const cpu = cpus()[0]?.model ?? "unknown CPU";
  const gib = (totalmem() / 2 ** 30).toFixed(1);
  return [
    `- Machine: ${cpu}, ${availableParallelism()} cores, ${gib} GiB,`,
    `  ${process.platform} ${release()}, Node.js ${process.versions.node}`,
    `- Load when it began: ${loadavg()[0]?.toFixed(1)} processes at work`,
    `- Date: ${new Date().toISOString().slice(0, 10)}, commit ${commit()}`,
    `- Command: \`${[...settings(), `npm run bench -- ${name}`].join(" ")}\``,
  ].join("\n");
}

/** What was set for this run, as a shell takes it. */
function settings(): readonly string[] {
  return Object.entries(process.env).flatMap(([name, value = ""]) => {
    if (!name.startsWith("CAUSEWAY_BENCH_")) return [];
    return `${name}=${/^[\w.]+$/.test(value) ? value : `'${value}'`}`;
  });
}

function commit(): string {
  try {
    const options = { cwd: import.meta.dirname, encoding: "utf8" } as const;
    const changed =
      execFileSync("git", ["status", "--porcelain", ...exceptResults], options).trim() !== "";
    const id = execFileSync("git", ["rev-parse", "--short", "HEAD"], options).trim();
    return changed ? `${id} with changes` : id;
  } catch {
    return "unknown (no git here)";
  }
}

/** The sections of other benchmarks keep every byte. */
function replaceSection(name: string, section: string): void {
  const sections = new Map<string, string>();
  for (const part of readResults().split(/^(?=## )/m)) {
    const title = /^## ([^:\n]+):/.exec(part)?.[1];
    if (title !== undefined) sections.set(title, `${part.trimEnd()}\n`);
  }
  sections.set(name, section);
  const sorted = [...sections].toSorted(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(results, [heading, ...sorted.map(([, text]) => text)].join("\n"));
}

function readResults(): string {
  try {
    return readFileSync(results, "utf8");
  } catch {
    return "";
  }
}
