import { type Runbook, type RunbookValue, readRunbook } from "../../src/index.ts";

export const attack = Date.parse("2003-08-16T00:00:00Z");
export const hour = 3_600_000;

type StepPart = Partial<RunbookValue["steps"][number]>;

/** A runbook of these steps; what they leave out is an automatic refresh at T. */
export function runbookOf(steps: readonly StepPart[], more: Partial<RunbookValue> = {}): Runbook {
  const value: RunbookValue = {
    name: "test",
    attack: "2003-08-16T00:00:00Z",
    ...more,
    steps: steps.map((step, at) => {
      const timed = step.when === undefined && step.after === undefined ? { at: "T" } : {};
      return { id: `step-${at + 1}`, mode: "automatic", do: { refresh: {} }, ...timed, ...step };
    }),
  };
  return readRunbook(value, "/vendor/runbook.yaml", (path, what) => {
    return new Error(`${path.join(".")}: ${what}`) as never;
  });
}

/** Each comes after the one before. */
export const killedSteps: readonly StepPart[] = Array.from({ length: 12 }, (_, at) => {
  return { id: `step-${at}`, ...(at > 0 && { after: [`step-${at - 1}`] }) };
});
