import {
  CausewayError,
  type Clock,
  HostError,
  type Instant,
  Interrupted,
  type JsonInput,
} from "@causeway/kernel";
import { type ClockReading, clockFault } from "./clock-fault.ts";
import type { ConditionVerdict } from "./condition.ts";
import type { LogRecord } from "./log-chain.ts";
import { progressOf } from "./progress.ts";
import type { Runbook, Step } from "./runbook.ts";
import type { RunbookLog, Writer } from "./runbook-log.ts";
import {
  attemptsMax,
  isOver,
  type Situation,
  type StepSituation,
  situationsOf,
} from "./situation.ts";

/** What a step did, or would do. */
export interface Acted {
  readonly before: JsonInput;
  readonly after: JsonInput;
  /** For people, a line each. */
  readonly told: readonly string[];
}

/** What a run needs of the world. */
export interface RunPorts {
  readonly clock: Clock;
  readonly log: RunbookLog;
  readonly who: string;
  readonly signal: AbortSignal;
  /** The runbook as it is now; it may be edited while it runs. @throws {UsageError} */
  readonly load: () => Promise<Runbook>;
  readonly measure: (
    runbook: Runbook,
    now: Instant,
  ) => Promise<ReadonlyMap<string, ConditionVerdict>>;
  /** Doing it twice is as good as once. */
  readonly act: (step: Step, runbook: Runbook, isDry: boolean) => Promise<Acted>;
  readonly tell: (news: RunNews) => void;
}

/** What a run tells as it happens. */
export type RunNews =
  | { readonly kind: "situation"; readonly of: StepSituation }
  | { readonly kind: "doing"; readonly step: Step; readonly isAgain: boolean }
  | { readonly kind: "acted"; readonly step: Step; readonly acted: Acted; readonly isDry: boolean }
  | {
      readonly kind: "failed";
      readonly step: Step;
      readonly error: CausewayError;
      readonly isFinal: boolean;
    }
  /** Nothing is done until it is mended. */
  | { readonly kind: "waits"; readonly why: string };

export interface RunOptions {
  /** Do what is due, and end. */
  readonly isOnce: boolean;
  /** Tell what is due and what it would do; write nothing, change nothing. */
  readonly isDry: boolean;
}

const lookMs = 5_000;
const messageLengthMax = 500;
const whyLengthMax = 1500; // a reason, and what was measured in a file of a long name

/**
 * Does what is due, until nothing is left that could become so. Each step is done at most once, also
 * over kills: it is written down before and after, and one that was begun is done again. What fails
 * is tried again, and given up after some times.
 * @returns how all steps stand at the end
 * @throws {HostError} `HOST_BUSY` another one runs; `HOST_CORRUPT_STATE`; `HOST_CLOCK` of one look
 * @throws {UsageError} of one look: what is wrong with the runbook
 */
export async function runRunbook(
  ports: RunPorts,
  options: RunOptions,
): Promise<readonly StepSituation[]> {
  if (options.isDry) return new Run(ports).dry();
  const lock = await ports.log.takeRunner();
  try {
    return await new Run(ports).run(options.isOnce);
  } finally {
    lock.release();
  }
}

class Run {
  readonly #ports: RunPorts;
  readonly #start: ClockReading;
  readonly #told = new Map<string, string>();
  /** By this run. */
  readonly #done = new Set<string>();
  #wait = "";

  constructor(ports: RunPorts) {
    this.#ports = ports;
    this.#start = readingOf(ports.clock);
  }

  async dry(): Promise<readonly StepSituation[]> {
    const { runbook, situations } = await this.#look();
    for (const { step, situation } of situations) {
      this.#ports.tell({ kind: "situation", of: { step, situation } });
      if (situation.kind !== "due") continue;
      await this.#dryStep(step, runbook);
    }
    return situations;
  }

  async #dryStep(step: Step, runbook: Runbook): Promise<void> {
    const { act, tell } = this.#ports;
    try {
      tell({ kind: "acted", step, acted: await act(step, runbook, true), isDry: true });
    } catch (error) {
      if (!(error instanceof CausewayError) || error.code === "INTERRUPTED") throw error;
      tell({ kind: "failed", step, error, isFinal: true });
    }
  }

  async run(isOnce: boolean): Promise<readonly StepSituation[]> {
    const { clock, signal } = this.#ports;
    for (;;) {
      if (signal.aborted) throw new Interrupted();
      const look = await this.#lookOrWait(isOnce);
      const due = look?.situations.find((each) => each.situation.kind === "due");
      if (look !== undefined && due?.situation.kind === "due") {
        await this.#carryOut(due.step, due.situation, look);
        continue; // what comes after it may be due now
      }
      const isEnd = isOnce || look?.situations.every((each) => isOver(each.situation)) === true;
      if (look !== undefined && isEnd) return look.situations;
      await clock.sleep(lookMs, signal);
    }
  }

  /** @returns undefined when nothing can be done at the moment */
  async #lookOrWait(isOnce: boolean): Promise<Look | undefined> {
    try {
      const look = await this.#look();
      await this.#noteApprovers(look.runbook, look.records);
      this.#wait = "";
      for (const of of look.situations) this.#tellNews(of);
      return look;
    } catch (cause) {
      // An editor may have saved half of it, and a clock may be set right.
      if (isOnce || !isPassing(cause)) throw cause;
      if (cause.message !== this.#wait) this.#ports.tell({ kind: "waits", why: cause.message });
      this.#wait = cause.message;
      return undefined;
    }
  }

  async #look(): Promise<Look> {
    const { clock, log, load, measure } = this.#ports;
    const runbook = await load();
    const records = await log.read();
    const reading = readingOf(clock);
    const fault = clockFault(reading, this.#start, records.at(-1)?.at);
    if (fault !== undefined) throw new HostError("HOST_CLOCK", `${fault}.`);
    const progress = progressOf(runbook, records);
    const verdicts = await measure(runbook, reading.wall);
    const situations = situationsOf(runbook, progress, verdicts, reading.wall);
    return { runbook, situations, progress, records };
  }

  /** Whoever edits the list could approve alone: the log says when it was another one. */
  async #noteApprovers({ approvers }: Runbook, records: readonly LogRecord[]): Promise<void> {
    const last = records.findLast(({ event }) => event.what === "approvers")?.event;
    const before = last?.what === "approvers" ? last.after : [];
    const after = approvers.map(({ name, key }) => `${name} ${key}`);
    if (JSON.stringify(before) === JSON.stringify(after)) return;
    await this.#ports.log.append({ what: "approvers", before, after }, this.#writer);
  }

  get #writer(): Writer {
    const { who, clock } = this.#ports;
    return { who, now: () => clock.wall() };
  }

  #tellNews(of: StepSituation): void {
    const { step, situation } = of;
    // What is measured changes with each look.
    const key = situation.kind === "condition" ? situation.kind : JSON.stringify(situation);
    if (this.#told.get(step.id) === key) return;
    this.#told.set(step.id, key);
    const isTold = situation.kind === "due" || this.#done.has(step.id);
    if (!isTold) this.#ports.tell({ kind: "situation", of });
  }

  async #carryOut(
    step: Step,
    { isAgain, why: measured }: Extract<Situation, { readonly kind: "due" }>,
    { runbook, progress }: Look,
  ): Promise<void> {
    const { log, act, tell } = this.#ports;
    const { id, content, action } = step;
    const { approvedBy = [], failures = 0 } = progress.get(id) ?? {};
    const writer = this.#writer;
    const { verb } = action;
    const reasons = [step.why, measured].filter((each) => each !== "");
    const why = reasons.join("; ").slice(0, whyLengthMax);
    await log.append({ what: "intent", step: id, content, verb, why, approvedBy }, writer);
    tell({ kind: "doing", step, isAgain });
    let acted: Acted;
    try {
      acted = await act(step, runbook, false);
    } catch (error) {
      if (!(error instanceof CausewayError) || error.code === "INTERRUPTED") throw error;
      const isFinal = error.blame === "caller" || failures + 1 >= attemptsMax;
      const message = error.message.slice(0, messageLengthMax);
      const { code } = error;
      await log.append({ what: "failed", step: id, content, code, message, isFinal }, writer);
      tell({ kind: "failed", step, error, isFinal });
      return;
    }
    const { before, after } = acted;
    await log.append({ what: "done", step: id, content, before, after }, writer);
    this.#done.add(id);
    tell({ kind: "acted", step, acted, isDry: false });
  }
}

interface Look {
  readonly runbook: Runbook;
  readonly situations: readonly StepSituation[];
  readonly progress: ReturnType<typeof progressOf>;
  readonly records: readonly LogRecord[];
}

function readingOf(clock: Clock): ClockReading {
  return { wall: clock.wall(), steady: clock.steady() };
}

function isPassing(cause: unknown): cause is CausewayError {
  if (!(cause instanceof CausewayError)) return false;
  return cause.code === "HOST_CLOCK" || cause.code.startsWith("CONFIG_");
}
