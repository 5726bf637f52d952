import {
  type LogHead,
  type Runbook,
  type Situation,
  type StepSituation,
  shownOffset,
} from "@causeway/control";
import { type Instant, toUtcSecond } from "@causeway/kernel";

/** How all steps stand, for programs. */
export function jsonOfStatus(
  { name, attack }: Runbook,
  situations: readonly StepSituation[],
  { count, hash }: LogHead,
): object {
  const steps = situations.map(({ step, situation }) => {
    const { kind, ...rest } = situation;
    const times = Object.fromEntries(
      Object.entries(rest).map(([key, value]) => {
        return [key, key === "at" || key === "since" ? toUtcSecond(Number(value)) : value];
      }),
    );
    const due = step.at === undefined ? null : toUtcSecond(step.at);
    return { id: step.id, mode: step.mode, due, verb: step.action.verb, state: kind, ...times };
  });
  const next = nextTime(situations);
  return {
    name,
    attack: toUtcSecond(attack),
    steps,
    next: next === undefined ? null : toUtcSecond(next),
    log: { entries: count, head: hash },
  };
}

/** How all steps stand, a line each. */
export function statusLines(
  { name, attack }: Runbook,
  situations: readonly StepSituation[],
  { count, hash }: LogHead,
  now: Instant,
): readonly string[] {
  const width = Math.max(...situations.map(({ step }) => step.id.length));
  const lines = situations.map(({ step, situation }) => {
    const time = step.at === undefined ? "" : shownOffset(step.at, attack);
    const id = step.id.padEnd(width);
    return `  ${words[situation.kind].padEnd(8)} ${id}  ${time.padEnd(7)} ${reasonOf(situation)}`;
  });
  const next = nextTime(situations);
  return [
    `${name}: T is ${toUtcSecond(attack)}, now it is ${toUtcSecond(now)}`,
    ...lines.map((line) => line.trimEnd()),
    ...(next === undefined ? [] : [`next at ${toUtcSecond(next)}`]),
    `log: ${count} entries, head ${hash}`,
  ];
}

const words: Readonly<Record<Situation["kind"], string>> = {
  done: "done",
  missed: "missed",
  failed: "failed",
  held: "held",
  early: "later",
  retry: "retry",
  condition: "watching",
  people: "asks",
  due: "due",
};

/** `asks announce: 1 more to approve`. */
export function situationLine({ step, situation }: StepSituation): string {
  const told = [words[situation.kind], `${step.id}:`, reasonOf(situation)];
  const { verb, args } = step.action;
  const asked = situation.kind === "people" && verb === "say" ? [`— ${args}`] : [];
  return [...told, ...asked].join(" ").trimEnd();
}

function reasonOf(situation: Situation): string {
  switch (situation.kind) {
    case "done":
      return `at ${toUtcSecond(situation.at)}${situation.isEdited ? "; edited since" : ""}`;
    case "missed":
      return `since ${toUtcSecond(situation.since)}: give it another time, or do without`;
    case "failed":
      return `${situation.message} [${situation.code}]; run --again tries it once more`;
    case "held":
      return `until ${situation.by.join(", ")} ${situation.isStuck ? "— which is stuck" : ""}`;
    case "early":
      return `at ${toUtcSecond(situation.at)}`;
    case "retry":
      return `at ${toUtcSecond(situation.at)}: ${situation.message}`;
    case "condition":
      return situation.why;
    case "people": {
      const { missing, approvedBy } = situation;
      const by = approvedBy.length === 0 ? "" : `; ${approvedBy.join(", ")} has`;
      return `${missing} more to approve${by}`;
    }
    default:
      return situation.isAgain ? "once more: nobody knows whether it was done" : situation.why;
  }
}

function nextTime(situations: readonly StepSituation[]): Instant | undefined {
  const times = situations.flatMap(({ situation }) => {
    return situation.kind === "early" || situation.kind === "retry" ? [situation.at] : [];
  });
  return times.length === 0 ? undefined : Math.min(...times);
}
