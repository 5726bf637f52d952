import { join } from "node:path";
import { runGroup } from "../tools/process-group.ts";
import { installSystemPackages, type SystemPackage } from "../tools/system-packages.ts";
import { BenchTree } from "./shield/bench-tree.ts";
import { type Asking, startRefusingServers } from "./shield/refusing-servers.ts";
import { makeSite } from "./shield/site.ts";
import type { SourcesTold } from "./shield/sources-told.ts";
import { runWrk } from "./shield/wrk.ts";
import { Spread } from "./spread.ts";

export const title =
  "CPU microseconds of a refusal and of a bogus ticket, memory of ten million sources";

const rounds = Number(process.env["CAUSEWAY_BENCH_RUNS"] ?? 5);
const seconds = Number(process.env["CAUSEWAY_BENCH_SECONDS"] ?? 3);
const sources = Number(process.env["CAUSEWAY_BENCH_SOURCES"] ?? 10_000_000);
const warmSeconds = 2;
const connections = 8; // few, so that an origin takes it for calm
const reason = "bench/shield";
const wanted: readonly SystemPackage[] = [
  { name: "nginx-light", command: "nginx", reason },
  { name: "haproxy", command: "haproxy", reason },
  { name: "wrk", command: "wrk", reason },
  { name: "util-linux", command: "taskset", reason },
];

export async function run(): Promise<string> {
  if (process.platform !== "linux")
    return "SKIPPED: CPU seconds are read from /proc, as Linux has it.";
  const missing = await installSystemPackages(wanted);
  if (missing.length > 0) return `SKIPPED: ${missing.join("; ")}`;
  using tree = new BenchTree();
  const site = await makeSite(tree);
  await using stack = new AsyncDisposableStack();
  const askings = await startRefusingServers(site, stack);
  const micros = askings.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [at, asking] of askings.entries()) {
      const value = await microsOf(asking, round === 0 ? warmSeconds : seconds);
      if (round > 0) micros[at]?.push(value);
      process.stderr.write(
        `  ${round}/${rounds} ${asking.by}, ${asking.what}: ${value.toFixed(1)}\n`,
      );
    }
  }
  return [
    "CPU of the server, user and system, for one answer: over connections that stay open, and the",
    "kernel's part of it included. Ours runs as one process.",
    "",
    "| what is asked for | of | us, median | least | most |",
    "| --- | --- | ---: | ---: | ---: |",
    ...askings.map(({ what, by }, at) => {
      const { median, least, most } = new Spread(micros[at] ?? []);
      const cells = [median, least, most].map((value) => value.toFixed(1));
      return `| ${[what, by, ...cells].join(" | ")} |`;
    }),
    "",
    ...(await memoryLines()),
  ].join("\n");
}

async function microsOf({ server, path, header, refused }: Asking, time: number): Promise<number> {
  const load = { port: server.port, path, connections, closing: false, refused, seconds: time };
  const before = server.cpuSeconds;
  const { requests } = await runWrk(header === undefined ? load : { ...load, header });
  return ((server.cpuSeconds - before) / requests) * 1e6;
}

/** In a process of its own, so that nothing else is counted. */
async function memoryLines(): Promise<readonly string[]> {
  const program = join(import.meta.dirname, "shield/sources-process.ts");
  const { code, output } = await runGroup(process.execPath, [program, String(sources)], 900_000);
  if (code !== 0) throw new Error(`sources-process.ts: ${output}`);
  const { told, peakBytes, bareBytes } = JSON.parse(output) as {
    readonly told: readonly SourcesTold[];
    readonly peakBytes: number;
    readonly bareBytes: number;
  };
  return [
    "What an origin remembers of its clients, fed directly, since no machine has sockets for so many:",
    `the process had ${inMiB(bareBytes)} MiB resident before, and ${inMiB(peakBytes)} at the most.`,
    "",
    "| distinct | how many | held more, KiB | us for each |",
    "| --- | ---: | ---: | ---: |",
    ...told.map(({ what, sources: count, grownBytes, micros }) => {
      const cells = [what, count, (grownBytes / 1024).toFixed(0), micros.toFixed(2)];
      return `| ${cells.join(" | ")} |`;
    }),
  ];
}

function inMiB(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
