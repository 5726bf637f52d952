import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { measure, measureAll } from "../measure.ts";
import { Spread, spreadHead, spreadRule } from "../spread.ts";
import type { Pair } from "./corpus.ts";
import { deltaTools } from "./deltas.ts";
import { routeTools } from "./routes.ts";
import type { Server } from "./server.ts";
import type { Place, Tool } from "./tool.ts";

const tools = [...deltaTools, ...routeTools];
const runsMax = 5;
const secondsMax = 5; // of all runs of one tool's applying

/** Runs every tool on one pair, one after another. `folder` is what the server serves. */
export async function compare(pair: Pair, folder: string, server: Server): Promise<string> {
  const rows: string[] = [];
  for (const tool of tools) {
    const own = mkdtempSync(join(folder, "tool-"));
    const place = { folder: own, url: `${server.url}${own.slice(folder.length + 1)}/`, pair };
    rows.push(`| ${tool.name} | ${await row(tool, place, server)} |`);
    rmSync(own, { recursive: true, force: true });
  }
  const megabytes = (statSync(pair.new).size / 1e6).toFixed(1);
  return [
    `**${pair.name}** (${megabytes} MB):`,
    "",
    `| with | bytes | requests | make, s | MiB | apply: ${spreadHead} | MiB | right |`,
    `| --- | ---: | ---: | ---: | ---: | ${spreadRule} | ---: | ---: |`,
    ...rows,
  ].join("\n");
}

async function row(tool: Tool, place: Place, server: Server): Promise<string> {
  const prepared = await measureAll(tool.prepare?.(place) ?? [], place.folder);
  if (prepared.kind === "not done") return notDone(`before it was made: ${prepared.why}`);
  const made = await measureAll(tool.make(place), place.folder);
  if (made.kind === "not done") return notDone(`making it ${made.why}`);
  const making = [made.seconds.toFixed(made.seconds < 0.1 ? 4 : 2), made.peakMiB.toFixed(0)];
  const seconds: number[] = [];
  let [peakMiB, right, transferred] = [0, 0, ["", ""]];
  const end = performance.now() + secondsMax * 1000;
  await server.sent();
  do {
    const run = join(place.folder, `run-${seconds.length}`);
    mkdirSync(run);
    const out = join(run, "out");
    const applied = await measure(tool.apply(place, out), place.folder);
    if (applied.kind === "not done") return notDone(`made in ${making[0]} s, then ${applied.why}`);
    transferred = await transferOf(tool, place, server);
    if (readFileSync(out).equals(readFileSync(place.pair.new))) right++;
    seconds.push(applied.seconds);
    peakMiB = Math.max(peakMiB, applied.peakMiB);
    rmSync(run, { recursive: true });
  } while (seconds.length < runsMax && performance.now() < end);
  const applying = [new Spread(seconds).cells, peakMiB.toFixed(0)];
  return [...transferred, ...making, ...applying, `${right} of ${seconds.length}`].join(" | ");
}

/** Bytes and requests of the last run. */
async function transferOf(tool: Tool, place: Place, server: Server): Promise<string[]> {
  if (tool.transfers === "delta") {
    return [statSync(join(place.folder, "delta")).size.toLocaleString("en"), ""];
  }
  const { bytes, requests } = await server.sent();
  return [bytes.toLocaleString("en"), String(requests)];
}

function notDone(why: string): string {
  return [why, ...Array.from({ length: 9 }, () => "")].join(" | ");
}
