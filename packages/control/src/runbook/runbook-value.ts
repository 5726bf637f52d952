import type { ActionArguments } from "./action.ts";
import type { Mode, OriginMeasure } from "./runbook.ts";

/** runbook.yaml as its schema lets it be. */
export interface RunbookValue {
  readonly name: string;
  readonly attack: string;
  readonly dir?: string;
  readonly approvers?: readonly { readonly name: string; readonly key: string }[];
  readonly names?: { readonly server: string; readonly key: string; readonly zone?: string };
  readonly conditions?: readonly ConditionValue[];
  readonly steps: readonly StepValue[];
}

export interface ConditionValue {
  readonly id: string;
  readonly origin?: string;
  readonly recording?: string;
  readonly route?: string;
  readonly measure?: OriginMeasure;
  readonly above?: number;
  readonly below?: number;
  readonly for: string;
}

export interface StepValue {
  readonly id: string;
  readonly at?: string;
  readonly within?: string;
  readonly when?: string;
  readonly after?: readonly string[];
  readonly mode: Mode;
  readonly approvals?: number;
  readonly why?: string;
  /** One member. */
  readonly do: Partial<ActionArguments>;
}
