import { execFile, execFileSync } from "node:child_process";
import { hash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Sha256 } from "@causeway/kernel";
import { buildSync } from "esbuild";
import type { MemoryJob } from "./memory-process.ts";
import { chunkLength, indexOf, serveTarget } from "./memory-target.ts";

export const title = "what a download takes of memory, however large it is";

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;
const cases = [64 * MiB, GiB, 10 * GiB].flatMap((length) => [
  { length, small: true },
  { length, small: false },
]);
const routes = 4;
const aim = 64; // MiB above the runtime

interface Taken {
  readonly before: number;
  readonly most: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Made plain: who reads TypeScript takes 40 MiB to begin with, and has room in them later. */
function makeProgram(file: string): void {
  buildSync({
    entryPoints: [join(import.meta.dirname, "memory-process.ts")],
    outfile: file,
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["causeway-source"],
  });
}

/** One download in a process of its own. */
async function measure(program: string, length: number, small: boolean): Promise<Taken> {
  const count = length / chunkLength;
  const { index, sha256 } = indexOf(count);
  const server = await serveTarget(length, index);
  const folder = mkdtempSync(join(tmpdir(), "causeway-memory-"));
  try {
    const { port } = server.address() as AddressInfo;
    const job: MemoryJob = {
      folder,
      small,
      routes: Array.from({ length: routes }, (_, at) => `http://127.0.0.1:${port}/r${at}/`),
      count,
      sha256,
      index: { length: index.length, sha256: hash("sha256", index) as Sha256 },
    };
    const { stdout } = await promisify(execFile)(process.execPath, [program, JSON.stringify(job)]);
    return JSON.parse(stdout) as Taken;
  } finally {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What node itself takes when it does nothing, in MiB. */
function bareRuntime(): number {
  const text = 'process.stdout.write(require("fs").readFileSync("/proc/self/status", "utf8"))';
  const status = execFileSync(process.execPath, ["-e", text], { encoding: "utf8" });
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

/** Downloads targets that are made as they are asked for, and forgotten as they are written. */
export async function run(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "causeway-memory-program-"));
  const program = join(folder, "memory-process.mjs");
  const rows: string[] = [];
  try {
    makeProgram(program);
    for (const { length, small } of cases) {
      rows.push(rowOf(length, small, await measure(program, length, small)));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return [
    `One process, ${routes} routes on loopback, raw chunks of 64 KiB, each checked, and the whole`,
    "file once more. Before: with all modules loaded, as it begins. Above: the most that it took",
    `(VmHWM) less that; the aim is under ${aim} MiB. \`causeway get\` holds V8's space of young objects`,
    "small, and has garbage collected with each 32 MiB. An SDK must not, for both are settings of the",
    "whole process: V8 doubles that space whenever as much as it holds has outlived a collection, so",
    "that the requests under way, some 120 KiB, make 52 MiB of it by the end of 10 GiB. An application",
    "can bound it with Node.js's `--max-semi-space-size`. Node.js that does nothing takes",
    `${bareRuntime().toFixed(0)} MiB.`,
    "",
    "| as in | MiB | chunks | before, MiB | above it, MiB | MiB/s | CPU s per GiB |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...rows,
  ].join("\n");
}

function rowOf(length: number, small: boolean, taken: Taken): string {
  const { before, most, seconds, cpuSeconds } = taken;
  const cells = [
    small ? "causeway get" : "the SDK",
    length / MiB,
    length / chunkLength,
    (before / MiB).toFixed(0),
    ((most - before) / MiB).toFixed(1),
    (length / MiB / seconds).toFixed(0),
    (cpuSeconds / (length / GiB)).toFixed(1),
  ];
  return `| ${cells.join(" | ")} |`;
}
