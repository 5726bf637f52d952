import { constants, existsSync } from "node:fs";
import { open } from "node:fs/promises";
import path from "node:path";
import {
  type Condition,
  type ConditionVerdict,
  judgeCondition,
  type Measured,
  type OriginMeasure,
  outageOf,
  ProbeHistory,
  type Runbook,
  type Sample,
} from "@causeway/control";
import type { Instant } from "@causeway/kernel";
import { askAdmin } from "../admin-request.ts";
import { adminUrl } from "../admin-url.ts";
import { type Rates, ratesOf, total } from "../watch/rates.ts";
import { readRecording } from "../watch/read-recording.ts";

// Nine minutes of `causeway watch --json` are a line a second, with half a kilobyte each.
const tailBytesMax = 1024 * 1024;
const probeGapMs = 600_000; // so that the round before the time is among them

const values: Readonly<Record<OriginMeasure, (rates: Rates) => number | undefined>> = {
  requestsPerSecond: (rates) => total(rates.requests),
  refusedPerSecond: (rates) => total(rates.refused),
  atEdgePerSecond: (rates) => rates.atEdge,
  sentBytesPerSecond: (rates) => rates.sentBytes,
  badTicketsPerSecond: (rates) => rates.badTickets,
  waiting: (rates) => rates.waiting,
  held: (rates) => rates.held,
  connections: (rates) => rates.open,
  sources: (rates) => rates.sources,
};

/** Asks every source that a step waits for. A source that fails is told, and holds nothing. */
export async function measure(
  { steps, dir }: Pick<Runbook, "steps" | "dir">,
  now: Instant,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ConditionVerdict>> {
  const conditions = new Map(steps.flatMap(({ when }) => (when ? [[when.id, when]] : [])));
  const verdicts = [...conditions].map(async ([id, condition]) => {
    const verdict = judgeCondition(
      condition,
      await samplesOf(condition, { dir, now, signal }),
      now,
    );
    return [id, verdict] as const;
  });
  return new Map(await Promise.all(verdicts));
}

interface Place {
  /** The vendor's folder. */
  readonly dir: string;
  readonly now: Instant;
  readonly signal: AbortSignal;
}

async function samplesOf(
  { source, measure: what, forMs }: Condition,
  { dir, now, signal }: Place,
): Promise<Measured> {
  if (source.kind === "probes") return outageIn(dir, source.route, now - forMs - probeGapMs);
  if (what === "outage") return missing("only probes tell of an outage");
  if (source.kind === "recording") return samplesIn(source.file, what);
  const answer = await askAdmin(new URL("seconds", adminUrl(source.url)), signal);
  if (answer.kind === "failed") return missing(`${source.url}: ${answer.why}`);
  const recorded = readRecording(answer.text);
  if (recorded === undefined) return missing(`${source.url}: it answers something else`);
  const samples = recorded.moments.flatMap((moment): readonly Sample[] => {
    const value = values[what](ratesOf([moment]));
    return value === undefined ? [] : [{ at: moment.at, value }];
  });
  return { kind: "samples", samples };
}

function outageIn(dir: string, route: string, since: Instant): Measured {
  const file = path.join(dir, "probes", "history.sqlite");
  if (!existsSync(file))
    return missing("there are no probes yet: causeway routes check --every 60s");
  try {
    const history = new ProbeHistory(file);
    try {
      return { kind: "samples", samples: outageOf(route, history.since(since)) };
    } finally {
      history.close();
    }
  } catch (cause) {
    return missing(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

async function samplesIn(file: string, what: OriginMeasure): Promise<Measured> {
  let text: string;
  try {
    text = await tailOf(file);
  } catch (cause) {
    return missing(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  const samples = text.split("\n").flatMap((line) => sampleIn(line, what));
  return { kind: "samples", samples };
}

async function tailOf(file: string): Promise<string> {
  // A pipe would keep whoever opens it waiting for its writer.
  const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const info = await handle.stat();
    if (!info.isFile()) throw new Error("it is no file");
    const { size } = info;
    const length = Math.min(size, tailBytesMax);
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** One line of `causeway watch --json`; none when it is another one, or cut off. */
function sampleIn(line: string, what: OriginMeasure): readonly Sample[] {
  let told: unknown;
  try {
    told = JSON.parse(line);
  } catch {
    return [];
  }
  if (typeof told !== "object" || told === null) return [];
  const { at, [what]: value } = told as Readonly<Record<string, unknown>>;
  const number = numberIn(value);
  if (typeof at !== "number" || number === undefined) return [];
  return [{ at: at * 1000, value: number }];
}

/** Rates that are told by class or reason are added up; nothing lies deeper in them. */
function numberIn(value: unknown): number | undefined {
  if (typeof value !== "object" || value === null) return finite(value);
  const numbers = Object.values(value).map(finite);
  return numbers.reduce((sum, each) => (each === undefined ? sum : (sum ?? 0) + each), undefined);
}

function finite(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function missing(why: string): Measured {
  return { kind: "missing", why };
}
