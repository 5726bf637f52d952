import { invariant } from "@causeway/kernel";
import { type RequestClass, requestClasses } from "./request-class.ts";

/** One request, or the rest of an answer, that waits for its turn. */
export interface Waiter {
  /** Whether it goes as a ticket holder; otherwise as a newcomer. */
  readonly known: boolean;
  /** Whether it is a newcomer's that was refused before, and came back when it was told to. */
  readonly hasWaited: boolean;
  /** Whether it has used up its share. */
  readonly isOver: boolean;
  readonly class: RequestClass;
  /** Among its like the lower goes first: since when a ticket is known, what an address has used. */
  readonly order: number;
  readonly arrivedAt: number;
  /** The rest of an answer: it is never told to go. */
  readonly begun: boolean;
}

/** Bounds of a line; see limits.ts for the figures and why. */
interface WaitingLineBounds {
  readonly waitingMax: number;
  readonly waitMs: number;
  readonly standingAfterMs: number;
  readonly standingWaitMs: number;
}

/**
 * Of a hundred that go on, as many are newcomers at least as long as one waits; of the places, as
 * many are theirs. Never fewer: whoever comes for the first time must get in.
 */
export const newcomersPercentMin = 20;

/**
 * Who waits, in the order in which they go on: ticket holders before newcomers, who keep a fifth or
 * more; those who have waited before others, and those within their share; then by class; then by
 * seniority, or by how little an address has used; then by arrival. When it is full, whoever would
 * go on last has to go. When newcomers have been waiting without a break for longer than a burst
 * lasts, none of them waits for longer than is worth it: the control of delay of CoDel (RFC 8289),
 * in the form for servers (Maurer, "Fail at Scale", ACM Queue 2015).
 *
 * Every look goes through the whole line: it is shorter than what a heap would save.
 */
export class WaitingLine<Each extends Waiter> {
  readonly #bounds: WaitingLineBounds;
  readonly #known: Each[] = [];
  readonly #newcomers: Each[] = [];
  #newcomersPercent: number = newcomersPercentMin;
  #turnsOfNewcomers = 0; // in hundredths
  #noNewcomerAt = Number.NEGATIVE_INFINITY;

  constructor(bounds: WaitingLineBounds) {
    this.#bounds = bounds;
  }

  get length(): number {
    return this.#known.length + this.#newcomers.length;
  }

  /** What newcomers keep of turns and places, in percent; at least `newcomersPercentMin`. */
  setNewcomers(percent: number): void {
    invariant(percent >= newcomersPercentMin && percent < 100, "newcomers keep their part");
    this.#newcomersPercent = percent;
  }

  /** @returns who has to go in its place, which may be itself; undefined while there is room */
  join(waiter: Each): Each | undefined {
    if (this.#newcomers.length === 0) this.#noNewcomerAt = waiter.arrivedAt;
    this.#laneOf(waiter).push(waiter);
    const newcomers = countNew(this.#newcomers);
    if (newcomers + countNew(this.#known) <= this.#bounds.waitingMax) return undefined;
    const isTheirs = newcomers * 100 > this.#bounds.waitingMax * this.#newcomersPercent;
    const last = lastOf(isTheirs ? this.#newcomers : this.#known);
    if (last !== undefined) this.leave(last);
    return last;
  }

  get newcomersPercent(): number {
    return this.#newcomersPercent;
  }

  /** Takes out who goes on; with `mayNewcomers` false nobody but a ticket holder. */
  next(mayNewcomers = true): Each | undefined {
    if (!mayNewcomers) return this.#nextKnown();
    const turns = this.#turnsOfNewcomers + this.#newcomersPercent;
    const isTheirs = this.#known.length === 0 || turns >= 100;
    const first = firstOf(isTheirs ? this.#newcomers : this.#known) ?? firstOf(this.#known);
    if (first === undefined) return undefined;
    // A turn that no newcomer was there for stays theirs, and is the only one that is saved up.
    if (first.known) this.#turnsOfNewcomers = isTheirs ? 100 - this.#newcomersPercent : turns;
    else this.#turnsOfNewcomers = Math.max(turns - 100, 0);
    this.leave(first);
    return first;
  }

  /** Its client has given up. @returns false when it does not wait, or no longer */
  leave(waiter: Each): boolean {
    const lane = this.#laneOf(waiter);
    const at = lane.indexOf(waiter);
    if (at >= 0) lane.splice(at, 1);
    return at >= 0;
  }

  /** Takes out those who have waited for too long to wait on. */
  takeOverdue(now: number): readonly Each[] {
    const { waitMs, standingAfterMs, standingWaitMs } = this.#bounds;
    if (countNew(this.#newcomers) === 0) this.#noNewcomerAt = now;
    const isStanding = now - this.#noNewcomerAt > standingAfterMs;
    const isOverdue = ({ begun, known, hasWaited, arrivedAt }: Each): boolean => {
      return (
        !begun && now - arrivedAt > (isStanding && !known && !hasWaited ? standingWaitMs : waitMs)
      );
    };
    const overdue = [...this.#known.filter(isOverdue), ...this.#newcomers.filter(isOverdue)];
    for (const waiter of overdue) this.leave(waiter);
    return overdue;
  }

  #nextKnown(): Each | undefined {
    const first = firstOf(this.#known);
    if (first !== undefined) this.leave(first);
    return first;
  }

  #laneOf({ known }: Each): Each[] {
    return known ? this.#known : this.#newcomers;
  }
}

function countNew(lane: readonly Waiter[]): number {
  let count = 0;
  for (const { begun } of lane) if (!begun) count++;
  return count;
}

function firstOf<Each extends Waiter>(lane: readonly Each[]): Each | undefined {
  let first: Each | undefined;
  for (const each of lane) if (first === undefined || goesBefore(each, first)) first = each;
  return first;
}

function lastOf<Each extends Waiter>(lane: readonly Each[]): Each | undefined {
  let last: Each | undefined;
  for (const each of lane) {
    if (!each.begun && (last === undefined || goesBefore(last, each))) last = each;
  }
  return last;
}

function goesBefore(a: Waiter, b: Waiter): boolean {
  if (a.hasWaited !== b.hasWaited) return a.hasWaited;
  if (a.isOver !== b.isOver) return b.isOver;
  const needs = needOf(a) - needOf(b);
  if (needs !== 0) return needs > 0;
  if (a.order !== b.order) return a.order < b.order;
  return a.arrivedAt < b.arrivedAt;
}

/** Metadata and patches are alike here: one is of no use without the other. */
function needOf(waiter: Waiter): number {
  return Math.min(requestClasses.indexOf(waiter.class), requestClasses.indexOf("patch"));
}
