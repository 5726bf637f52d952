import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { chunkLengthsOf } from "@causeway/kernel";
import { Output } from "../packages/publisher/src/artifacts/output.ts";
import { makePack } from "../packages/publisher/src/artifacts/pack.ts";
import { WorkerPool } from "../packages/publisher/src/artifacts/pool.ts";
import { Scan } from "../packages/publisher/src/artifacts/scan.ts";
import { root } from "../tools/checkout.ts";
import { installSystemPackages, type SystemPackage } from "../tools/system-packages.ts";
import { measure } from "./measure.ts";

export const title = "chunks and packs";

const program = join(root, "node_modules/node/bin/node");
const MB = 1e6;

const reason = "bench/artifacts";
const peers: readonly SystemPackage[] = [
  { name: "zstd", command: "zstd", reason },
  { name: "time", command: "time", reason },
];

export async function run(): Promise<string> {
  const missing = await installSystemPackages(peers);
  const folder = mkdtempSync(join(tmpdir(), "causeway-bench-"));
  try {
    const skipped = missing.map((each) => `SKIPPED: ${each}`);
    return [chunking(), await packing(folder), ...skipped].join("\n\n");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function chunking(): string {
  const bytes = readFileSync(program);
  const rows = [
    speed("cut points", bytes.length, () => void chunkLengthsOf(bytes)),
    speed("cut points, SHA-256 of each chunk and of the whole", bytes.length, () => {
      const scan = new Scan();
      for (let at = 0; at < bytes.length; at += 4 * 1024 * 1024) {
        scan.update(bytes.subarray(at, at + 4 * 1024 * 1024));
      }
      scan.finish();
    }),
  ];
  return table(
    `One thread, ${megabytes(bytes.length)} MB of machine code, nine runs:`,
    ["what", "MB/s, median", "least", "most"],
    rows,
  );
}

function speed(what: string, length: number, act: () => void): readonly string[] {
  const rates = Array.from({ length: 9 }, () => {
    const started = performance.now();
    act();
    return length / MB / ((performance.now() - started) / 1000);
  }).toSorted((a, b) => a - b);
  return [what, ...[rates[4], rates[0], rates[8]].map((rate) => (rate ?? 0).toFixed(0))];
}

async function packing(folder: string): Promise<string> {
  const rows: string[][] = [];
  const target = await copy(join(folder, "target"));
  for (const threads of new Set([1, availableParallelism()])) {
    const pool = new WorkerPool(threads);
    const started = performance.now();
    const file = join(folder, `pack-${threads}`);
    const pack = await makePack({
      target,
      file,
      pool,
      onBytes: () => undefined,
      signal: undefined,
    });
    const seconds = (performance.now() - started) / 1000;
    await pool.close();
    rows.push(row(`pack, ${threads} threads`, pack.file.length, seconds));
  }
  for (const flags of [
    ["-15", "-T1"],
    ["-15", "-T0"],
  ]) {
    const out = join(folder, "whole.zst");
    const measured = await measure(["zstd", "-q", "-f", ...flags, program, "-o", out], folder);
    const what = `zstd ${flags.join(" ")}, one frame: no chunk can be read by itself`;
    if (measured.kind === "not done") rows.push([what, measured.why, "", ""]);
    else rows.push(row(what, statSync(out).size, measured.seconds));
  }
  function row(what: string, length: number, seconds: number): string[] {
    const part = ((100 * length) / target.length).toFixed(1);
    return [what, megabytes(length), `${part} %`, seconds.toFixed(1)];
  }
  return table("Packing the same file:", ["what", "MB", "of the file", "s"], rows);
}

async function copy(file: string): ReturnType<Output["finish"]> {
  const output = await Output.create(file);
  await output.write(readFileSync(program));
  return await output.finish();
}

function megabytes(length: number): string {
  return (length / MB).toFixed(1);
}

function table(
  heading: string,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const rule = columns.map((_, at) => (at === 0 ? "---" : "---:"));
  return [heading, "", ...[columns, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`)].join(
    "\n",
  );
}
