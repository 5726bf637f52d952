import { loadavg } from "node:os";
import { installSystemPackages, type SystemPackage } from "../tools/system-packages.ts";
import { floodingMachines } from "./shield/addresses.ts";
import { attack, type Field } from "./shield/attack.ts";
import { BenchTree } from "./shield/bench-tree.ts";
import { floodKinds } from "./shield/flood-job.ts";
import {
  frontTable,
  multiples,
  newcomerTable,
  outcomeOf,
  type Row,
} from "./shield/flood-tables.ts";
import { targetTable } from "./shield/flood-targets.ts";
import { fronts, unprotected } from "./shield/fronts.ts";
import { shownShare } from "./shield/outcome.ts";
import { makeSite, type Site } from "./shield/site.ts";
import { runWrk } from "./shield/wrk.ts";

export const title = "who still gets the patch under floods, beside what others put in front";

const rounds = Number(process.env["CAUSEWAY_BENCH_RUNS"] ?? 1);
const seconds = Number(process.env["CAUSEWAY_BENCH_SECONDS"] ?? 8);
const sources = Number(process.env["CAUSEWAY_BENCH_FLOOD_SOURCES"] ?? floodingMachines);
/** As `serve patch 10x`: of each attack's name, in this order, with anything between. */
const only = new RegExp((process.env["CAUSEWAY_BENCH_ONLY"] ?? "").replaceAll(" ", ".* "));
const reason = "bench/shield";
const wanted: readonly SystemPackage[] = [
  { name: "nginx-light", command: "nginx", reason },
  { name: "haproxy", command: "haproxy", reason },
  { name: "wrk", command: "wrk", reason },
  { name: "util-linux", command: "taskset", reason },
];

export async function run(): Promise<string> {
  if (process.platform !== "linux")
    return "SKIPPED: all of 127.0.0.0/8 is this machine on Linux only.";
  const missing = await installSystemPackages(wanted);
  if (missing.length > 0) return `SKIPPED: ${missing.join("; ")}`;
  using tree = new BenchTree();
  const site = await makeSite(tree);
  const field: Field = { site, capacity: await capacityOf(site), seconds, sources };
  const rows = fronts
    .flatMap((front) => {
      return floodKinds.flatMap((kind) =>
        multiples.map((times) => ({ front, kind, times, retriesMax: 0, rounds: [] })),
      );
    })
    .filter(isWanted);
  const retrying = fronts
    .flatMap((front) => {
      return (["root", "patch", "new"] as const).map((kind) => ({
        front,
        kind,
        times: 10,
        retriesMax: 3,
        rounds: [],
      }));
    })
    .filter(isWanted);
  for (let round = 1; round <= rounds; round++) {
    for (const row of [...rows, ...retrying]) await addRound(field, row, round);
  }
  const tables = fronts.flatMap(({ name }) => {
    const own = rows.filter(({ front }) => front.name === name);
    return own.length === 0 ? [] : [frontTable(name, own)];
  });
  return [
    ...introduction(field),
    "",
    ...tables,
    ...(retrying.length > 0 ? [newcomerTable(retrying)] : []),
    targetTable(rows, retrying),
    `Load at the end: ${loadavg()[0]?.toFixed(1)}.`,
  ].join("\n");
}

function isWanted({ front, kind, times, retriesMax }: Row): boolean {
  return only.test(`${front.name} ${kind} ${times}x${retriesMax > 0 ? " retrying" : ""}`);
}

async function addRound(field: Field, row: Row, round: number): Promise<void> {
  const attacked = await attack(field, row);
  row.rounds.push(attacked);
  const { front, kind, times, retriesMax } = row;
  const visitor = retriesMax > 0 ? "newcomer" : "ticketed";
  const { success } = outcomeOf([{ ...row, rounds: [attacked] }], visitor, "flood");
  const what = `${front.name} ${kind} ${times}x: ${visitor} ${shownShare(success)} %`;
  process.stderr.write(`  ${round}/${rounds} ${what}, ${JSON.stringify(attacked.flood)}\n`);
}

/** Patches in a second, each over a new connection, from who does nothing but serve them. */
async function capacityOf(site: Site): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const port = await unprotected.start(site, stack, []);
  const load = { port, path: site.patch.path, connections: 32, closing: true };
  await runWrk({ ...load, seconds: 2 });
  const { requests, seconds: took } = await runWrk({ ...load, seconds: 3 });
  return Math.round(requests / took);
}

function introduction({ capacity, site }: Field): readonly string[] {
  return [
    `All that serves on one core, all that asks on another, over loopback. The patch has ${site.patch.length / 1024} KiB;`,
    `*nothing* (node:http, files from memory) serves ${capacity} of them a second over new connections, and`,
    "that is 1x. Visitors come evenly, whatever became of those before, each over a new connection",
    "from an address of its own, and leave after 2 s: 50 a second with a ticket, 25 with a ticket and",
    "an address that floods, 25 without a ticket (from a network, /24, of their own), 15 without one on",
    `an address that floods, 10 browsers that want the page. A flood of N x is sent by N x 200 connections (at most 4,000) from other addresses,`,
    "three to a network: N times the capacity in requests, as long as a connection is idle, since one",
    "that waits for an answer asks for no more. Slowloris and drip reading are N x 512 connections",
    `(at most 12,000), of the largest file, of 8 MiB. Addresses that flood: at most ${sources}.`,
    "Newcomers that come back show the place that they were given. *Success*: the whole patch within",
    "2 s, in percent",
    "of those with a ticket; p50 and p99 in ms, of those who were served. *nginx limits*: limit_req 5",
    "a second and limit_conn 8 for each address, serving the files itself. *HAProxy stick tables*: the",
    "same by its means, in front of nginx. *puzzle* is a simple model of Anubis, not Anubis: all without",
    "a pass must solve one, and our visitors without a ticket can, in half a second. *HAProxy by hand*",
    "verifies our tickets and lets them go first, into few slots, in front of nginx. Where there are",
    "private entrances, of 8 each ticket names two, which its holder tries before the port for all; a",
    "flood with a stolen ticket goes to its two as well. All floods with a stolen ticket use one that a",
    "visitor has too.",
  ];
}
