import type { Lane } from "./chunk-lane.ts";
import type { ChunkQueue, Run } from "./chunk-queue.ts";
import type { RouteWork } from "./chunk-route-work.ts";
import { chooseHelp, type Pending, remainingMs } from "./chunk-schedule.ts";

/** A request, and the route that it goes over. */
export interface InFlight {
  readonly work: RouteWork;
  readonly lane: Lane;
}

const farSlowerBy = 2; // less of a difference is not worth fetching anything twice

interface Candidate extends Pending {
  readonly lane: Lane;
  /** The part of the request that no other one is likely to bring. */
  readonly alone: Run;
}

/**
 * When nothing is free: part or all of the slowest request over another route.
 * @returns the run, which is then held for `helper`; undefined when it is best to wait
 */
export function takeOver(
  helper: RouteWork,
  inFlight: readonly InFlight[],
  queue: ChunkQueue,
  savingMsMin: number,
  now: number,
): Run | undefined {
  let slowest: Candidate | undefined;
  for (const one of inFlight) {
    if (one.work === helper) continue;
    const candidate = judge(one, helper, inFlight, queue, now);
    if (candidate.length === 0) continue;
    if (slowest === undefined || remainingMs(candidate) > remainingMs(slowest)) slowest = candidate;
  }
  if (slowest === undefined) return undefined;
  const { latencyMs } = helper;
  const help = chooseHelp(slowest, { rate: helper.meter.rate(now), latencyMs }, savingMsMin);
  if (help.kind === "leave" || (help.kind === "split" && helper.failing)) return undefined;
  const { from, to } = slowest.alone;
  const cut = help.kind === "race" ? from : cutAfter(slowest.alone, help.keep, queue);
  // What is less than a chunk cannot be split: both try, and the first wins.
  const start = cut < to ? cut : from;
  if (start > from) slowest.lane.shorten(start);
  const run = { from: start, to: helper.failing ? start + 1 : to };
  queue.hold(run);
  return run;
}

function judge(
  one: InFlight,
  helper: RouteWork,
  inFlight: readonly InFlight[],
  queue: ChunkQueue,
  now: number,
): Candidate {
  const { work, lane } = one;
  const others: Run[] = [];
  for (const other of inFlight) {
    if (other.lane === lane || other.work.isSilent(other.lane, now)) continue;
    // Whoever has yet to prove itself, or is far slower, does not keep a better one from helping:
    // two that drip the same chunks would keep all others from them.
    if (helper.proven && (!other.work.proven || isFarSlower(other.work, helper, now))) continue;
    others.push(other.lane.rest);
  }
  let alone: Run = { from: lane.rest.to, to: lane.rest.to };
  for (let number = lane.rest.from; number < lane.rest.to; number++) {
    if (queue.isSettled(number)) continue;
    if (others.some(({ from, to }) => from <= number && number < to)) continue;
    alone = { from: Math.min(alone.from, number), to: number + 1 };
  }
  const rate = work.meter.rate(now);
  return {
    lane,
    alone,
    length: queue.wantedLength(alone),
    ageMs: now - lane.startedAt,
    silent: work.isSilent(lane, now),
    rate: rate === undefined ? undefined : rate / work.lanes.size,
  };
}

function isFarSlower(work: RouteWork, helper: RouteWork, now: number): boolean {
  if (work === helper) return false;
  const [theirs, ours] = [work.meter.rate(now), helper.meter.rate(now)];
  if (theirs === undefined || ours === undefined) return false;
  return (theirs / Math.max(1, work.lanes.size)) * farSlowerBy < ours;
}

/** The number after the first chunks of `run` that make up `length` bytes. */
function cutAfter(run: Run, length: number, queue: ChunkQueue): number {
  let sum = 0;
  for (let number = run.from; number < run.to; number++) {
    sum += queue.wantedLength({ from: number, to: number + 1 });
    if (sum >= length) return number + 1;
  }
  return run.to;
}
