import { type Instant, toUtcSecond } from "@causeway/kernel";
import type { Runbook } from "./runbook.ts";
import { shownOffset } from "./step-time.ts";

/** Something about a step's time that its author may not have meant. */
export interface Remark {
  readonly step: string;
  readonly what: string;
}

/** Times that have passed, and steps that come after one with a later time. */
export function reviewTimes(
  { steps, attack }: Runbook,
  doneSteps: ReadonlySet<string>,
  now: Instant,
): readonly Remark[] {
  const times = new Map(steps.map((step) => [step.id, step.at]));
  return steps.flatMap(({ id, at, withinMs, after }): readonly Remark[] => {
    if (at === undefined || doneSteps.has(id)) return [];
    const remark = (what: string): Remark => ({ step: id, what });
    const moment = `${shownOffset(at, attack)} (${toUtcSecond(at)})`;
    const remarks: Remark[] = [];
    if (now - at > withinMs) remarks.push(remark(`${moment} is past: it is not done any more`));
    else if (now > at) remarks.push(remark(`${moment} is past: it is due at once`));
    for (const other of after) {
      const earlier = times.get(other);
      if (earlier === undefined || earlier <= at) continue;
      remarks.push(remark(`it comes after ${other}, which is not before ${toUtcSecond(earlier)}`));
    }
    return remarks;
  });
}
