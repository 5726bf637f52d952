import { hash } from "node:crypto";
import { loadavg } from "node:os";
import { installSystemPackages, type SystemPackage } from "../tools/system-packages.ts";
import { type BenchObject, BenchTree } from "./shield/bench-tree.ts";
import { ours, type RawServer, startRawServers, yardstick } from "./shield/raw-servers.ts";
import { runWrk } from "./shield/wrk.ts";
import { Spread } from "./spread.ts";

export const title = "files per CPU second, beside nginx, HAProxy, Varnish and Caddy";

const rounds = Number(process.env["CAUSEWAY_BENCH_RUNS"] ?? 5);
const seconds = Number(process.env["CAUSEWAY_BENCH_SECONDS"] ?? 3);
/** As `1 KiB, keep-alive: Cause`. */
const only = new RegExp(process.env["CAUSEWAY_BENCH_ONLY"] ?? "");
const warmSeconds = 2; // V8 compiles what is hot within one
const reason = "bench/shield";
const wanted: readonly SystemPackage[] = [
  { name: "nginx-light", command: "nginx", reason },
  { name: "haproxy", command: "haproxy", reason },
  { name: "varnish", command: "varnishd", reason },
  { name: "caddy", command: "caddy", reason },
  { name: "wrk", command: "wrk", reason },
  { name: "util-linux", command: "taskset", reason },
];

/** One way of asking, and what each server gave for a CPU second, round by round. */
interface Cell {
  readonly object: BenchObject;
  readonly closing: boolean;
  readonly connections: number;
  readonly perCpuSecond: Map<string, number[]>;
  /** What we want to reach of nginx. */
  readonly target: number;
}

export async function run(): Promise<string> {
  if (process.platform !== "linux")
    return "SKIPPED: CPU seconds are read from /proc, as Linux has it.";
  const missing = await installSystemPackages(wanted);
  if (missing.length > 0) return `SKIPPED: ${missing.join("; ")}`;
  using tree = new BenchTree();
  await using stack = new AsyncDisposableStack();
  const [small, large] = [tree.addTarget(1024), tree.addTarget(8 * 2 ** 20)];
  const servers = await startRawServers(tree, [small, large], stack);
  for (const { name, server } of servers) {
    for (const object of [small, large]) await expectWhole(name, server.port, object);
  }
  const cells = [small, large].flatMap((object) => {
    return [false, true].map((closing): Cell => {
      const isSmall = object === small;
      const [connections, target] = isSmall ? [32, 0.6] : [8, 0.9];
      return { object, closing, connections, target, perCpuSecond: new Map() };
    });
  });
  for (let round = 1; round <= rounds; round++) {
    for (const cell of cells) {
      for (const server of servers) {
        if (only.test(`${labelOf(cell)}: ${server.name}`)) await measure(server, cell, round);
      }
    }
  }
  return [
    ...introduction,
    "",
    ...cells.filter(({ perCpuSecond }) => perCpuSecond.size > 0).map(tableOf),
    `Load at the end: ${loadavg()[0]?.toFixed(1)}.`,
  ].join("\n");
}

const introduction = [
  "Servers on one core, wrk with one thread on another, over loopback; one server at a time, all in",
  "turns. A figure is of requests by seconds of CPU, user and system, of the server and all its",
  "processes; what a server does not use of its core does not count. Each runs as one worker, or",
  "with as many threads as it likes on that core. HAProxy and Varnish answer from memory what they",
  "had from nginx once. *The floor* is what no server on Node.js can beat: a whole file from memory,",
  "by the path alone; over node:net without reading the request. Target: of nginx, 0.6 for small",
  "files that are hot, 0.9 for large ones. *x nginx* is the median of the rounds' own ratios.",
];

async function expectWhole(name: string, port: number, object: BenchObject): Promise<void> {
  for (let time = 0; time < 2; time++) {
    const answer = await fetch(`http://127.0.0.1:${port}${object.path}`);
    const sha256 = hash("sha256", Buffer.from(await answer.arrayBuffer()));
    if (sha256 !== object.sha256) throw new Error(`${name} serves something else`);
  }
}

async function measure({ name, server }: RawServer, cell: Cell, round: number): Promise<void> {
  const { object, closing, connections, perCpuSecond } = cell;
  const load = { port: server.port, path: object.path, connections, closing };
  if (round === 1) await runWrk({ ...load, seconds: warmSeconds });
  const before = server.cpuSeconds;
  const { requests } = await runWrk({ ...load, seconds });
  const value = requests / (server.cpuSeconds - before);
  perCpuSecond.set(name, [...(perCpuSecond.get(name) ?? []), value]);
  process.stderr.write(`  ${round}/${rounds} ${labelOf(cell)}: ${name} ${value.toFixed(0)}\n`);
}

function labelOf({ object, closing }: Cell): string {
  const size =
    object.length < 2 ** 20 ? `${object.length / 1024} KiB` : `${object.length / 2 ** 20} MiB`;
  return `${size}, ${closing ? "a new connection each" : "keep-alive"}`;
}

function tableOf(cell: Cell): string {
  const { perCpuSecond, target, connections } = cell;
  const base = perCpuSecond.get(yardstick) ?? [];
  const rows = [...perCpuSecond].map(([name, values]) => {
    const ratio = new Spread(values.map((value, at) => value / (base[at] ?? Number.NaN)));
    const spread = new Spread(values);
    const cells = [spread.median, spread.least, spread.most].map((value) => value.toFixed(0));
    const shown = `${ratio.median.toFixed(2)} (${ratio.least.toFixed(2)} to ${ratio.most.toFixed(2)})`;
    const met = name === ours ? (ratio.median >= target ? "met" : "NOT met") : "";
    return `| ${[name, ...cells, shown, met].join(" | ")} |`;
  });
  return [
    `**${labelOf(cell)}** (${connections} at a time; target ${target}):`,
    "",
    "| server | requests a CPU s, median | least | most | x nginx (least to most) | target |",
    "| --- | ---: | ---: | ---: | ---: | --- |",
    ...rows,
    "",
  ].join("\n");
}
