import type { Instant, Sha256 } from "@causeway/kernel";
import { isApproved } from "./approval.ts";
import type { LogRecord } from "./log-chain.ts";
import type { Runbook, Step } from "./runbook.ts";

/** What the log knows of one step. */
export interface StepProgress {
  /** Names of those whose approval of the step as it is now counts, in their order. */
  readonly approvedBy: readonly string[];
  /** How often it has failed since it was first tried, or somebody wanted it tried again. */
  readonly failures: number;
  readonly state: StepState;
}

export type StepState =
  | { readonly kind: "open" }
  /** Begun, and of unknown outcome: a kill came between. */
  | { readonly kind: "begun"; readonly at: Instant; readonly content: Sha256 }
  | {
      readonly kind: "failed";
      readonly at: Instant;
      readonly content: Sha256;
      readonly isFinal: boolean;
      readonly code: string;
      readonly message: string;
    }
  | { readonly kind: "done"; readonly at: Instant; readonly content: Sha256 };

const untouched: StepProgress = { approvedBy: [], failures: 0, state: { kind: "open" } };

/** What the log says of each step of the runbook, by the steps' ids. */
export function progressOf(
  runbook: Runbook,
  records: readonly LogRecord[],
): ReadonlyMap<string, StepProgress> {
  const steps = new Map(runbook.steps.map((step) => [step.id, step]));
  const progress = new Map(runbook.steps.map((step) => [step.id, untouched]));
  for (const record of records) {
    const { event } = record;
    if (!("step" in event)) continue;
    const step = steps.get(event.step);
    const known = progress.get(event.step);
    if (step === undefined || known === undefined) continue; // of a step that is no longer there
    progress.set(step.id, {
      approvedBy: withApproval(known.approvedBy, record, step, runbook),
      failures: event.content === step.content ? nextFailures(known.failures, event.what) : 0,
      state: nextState(known.state, record),
    });
  }
  return progress;
}

function withApproval(
  names: readonly string[],
  { event, prev }: LogRecord,
  step: Step,
  { name: runbook, approvers }: Runbook,
): readonly string[] {
  if (event.what !== "approval" || event.content !== step.content) return names;
  const { by, signature, content } = event;
  const key = approvers.find((each) => each.name === by)?.key;
  if (key === undefined || names.includes(by)) return names;
  const said = { runbook, step: step.id, content, head: prev, by };
  return isApproved(said, key, signature) ? [...names, by] : names;
}

function nextFailures(failures: number, what: LogRecord["event"]["what"]): number {
  if (what === "again") return 0;
  return what === "failed" ? failures + 1 : failures;
}

function nextState(state: StepState, { event, at }: LogRecord): StepState {
  if (state.kind === "done") return state; // at most once, whatever a later line says
  switch (event.what) {
    case "intent":
      return { kind: "begun", at, content: event.content };
    case "done":
      return { kind: "done", at, content: event.content };
    case "again":
      return { kind: "open" };
    case "failed": {
      const { content, code, message, isFinal } = event;
      return { kind: "failed", at, content, isFinal, code, message };
    }
    default:
      return state;
  }
}
