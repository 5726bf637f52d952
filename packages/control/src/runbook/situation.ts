import type { Instant } from "@causeway/kernel";
import type { ConditionVerdict } from "./condition.ts";
import type { StepProgress } from "./progress.ts";
import type { Runbook, Step } from "./runbook.ts";

/** How a step stands at a moment, and what it waits for. */
export type Situation =
  /** `isEdited`: what was done is not what the step says now. */
  | { readonly kind: "done"; readonly at: Instant; readonly isEdited: boolean }
  /** Its time has passed, so it is left to people: give it another time, or do without. */
  | { readonly kind: "missed"; readonly since: Instant }
  | { readonly kind: "failed"; readonly code: string; readonly message: string }
  /** `isStuck`: one of these is missed or failed. */
  | { readonly kind: "held"; readonly by: readonly string[]; readonly isStuck: boolean }
  | { readonly kind: "early"; readonly at: Instant }
  | { readonly kind: "retry"; readonly at: Instant; readonly message: string }
  | { readonly kind: "condition"; readonly why: string }
  /** It is due, and waits for people to approve it, or to do it. */
  | { readonly kind: "people"; readonly missing: number; readonly approvedBy: readonly string[] }
  /** `isAgain`: it was begun, and nobody knows whether it was done. */
  | { readonly kind: "due"; readonly why: string; readonly isAgain: boolean };

export interface StepSituation {
  readonly step: Step;
  readonly situation: Situation;
}

const firstRetryMs = 30_000;
/** Tries of a step that fails, by themselves: the last one comes seven minutes after the first. */
export const attemptsMax = 5;

/** How all steps stand, in their order. */
export function situationsOf(
  runbook: Runbook,
  progress: ReadonlyMap<string, StepProgress>,
  conditions: ReadonlyMap<string, ConditionVerdict>,
  now: Instant,
): readonly StepSituation[] {
  const found = new Map<string, Situation>();
  const situationOf = (step: Step): Situation => {
    const known = found.get(step.id);
    if (known !== undefined) return known;
    const before = runbook.steps.filter((each) => step.after.includes(each.id));
    const open = before.filter((each) => situationOf(each).kind !== "done");
    const isStuck = open.some((each) => isOver(situationOf(each)));
    const by = open.map((each) => each.id);
    const verdict = conditions.get(step.when?.id ?? "");
    const situation = judge(step, progress.get(step.id), { by, isStuck, verdict, now });
    found.set(step.id, situation);
    return situation;
  };
  return runbook.steps.map((step) => ({ step, situation: situationOf(step) }));
}

/** Whether nothing more comes of a step by itself. */
export function isOver(situation: Situation): boolean {
  const { kind } = situation;
  if (kind === "held") return situation.isStuck;
  return kind === "done" || kind === "missed" || kind === "failed";
}

interface Around {
  readonly by: readonly string[];
  readonly isStuck: boolean;
  readonly verdict: ConditionVerdict | undefined;
  readonly now: Instant;
}

function judge(step: Step, progress: StepProgress | undefined, around: Around): Situation {
  const { now, by, isStuck, verdict } = around;
  const { state, failures, approvedBy } = progress ?? {
    state: { kind: "open" as const },
    failures: 0,
    approvedBy: [],
  };
  const { content, at: begins = now, withinMs } = step;
  if (state.kind === "done") {
    return { kind: "done", at: state.at, isEdited: state.content !== content };
  }
  if (state.kind === "failed" && state.isFinal && state.content === content) {
    return { kind: "failed", code: state.code, message: state.message };
  }
  // What was begun in time is brought to its end.
  const isBegun = state.kind !== "open" && state.content === content;
  if (!isBegun && now - begins > withinMs) return { kind: "missed", since: begins + withinMs };
  if (by.length > 0) return { kind: "held", by, isStuck };
  if (now < begins) return { kind: "early", at: begins };
  if (isBegun && state.kind === "failed") {
    const at = state.at + firstRetryMs * 2 ** (failures - 1);
    if (now < at) return { kind: "retry", at, message: state.message };
  }
  const isAgain = isBegun && state.kind === "begun";
  if (step.when !== undefined && !isBegun && verdict?.holds !== true) {
    return { kind: "condition", why: verdict?.why ?? "it was not measured" };
  }
  const missing = step.mode === "automatic" ? 0 : step.approvals - approvedBy.length;
  if (missing > 0 || step.mode === "manual") {
    return { kind: "people", missing: Math.max(0, missing), approvedBy };
  }
  return { kind: "due", why: verdict?.why ?? "", isAgain };
}
