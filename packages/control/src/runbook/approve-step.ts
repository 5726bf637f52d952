import { UsageError } from "@causeway/kernel";
import { approvalMessage } from "./approval.ts";
import type { LogEvent } from "./log-entry.ts";
import { progressOf } from "./progress.ts";
import type { Runbook, Step } from "./runbook.ts";
import type { RunbookLog, Writer } from "./runbook-log.ts";

/** The key of whoever approves. */
export interface ApproverKey {
  /** 64 hexadecimal digits. */
  readonly publicKey: string;
  /** Resolves to the raw Ed25519 signature over exactly these bytes. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

export interface Approved {
  readonly step: Step;
  readonly approvedBy: readonly string[];
  /** How many more people have to. */
  readonly missing: number;
  /** A manual step that is ticked off by it. */
  readonly isDone: boolean;
}

/** @throws {UsageError} `USAGE_ARGUMENT` */
export function stepOf(runbook: Runbook, id: string): Step {
  const step = runbook.steps.find((each) => each.id === id);
  if (step !== undefined) return step;
  const known = runbook.steps.map((each) => each.id).join(", ");
  const what = `${runbook.name} has no step ${JSON.stringify(id.slice(0, 80))}; it has: ${known}.`;
  throw new UsageError("USAGE_ARGUMENT", what);
}

/**
 * Approves a step as it stands now, or ticks it off where people do it.
 * @param by the person's name in the list of approvers
 * @throws {UsageError} `USAGE_ARGUMENT` nobody is asked, or not this one; `USAGE_EXISTS` said
 *   before, or done already; `KEY_UNREADABLE` the key of somebody else
 * @throws {HostError}
 */
export async function approveStep(
  log: RunbookLog,
  runbook: Runbook,
  order: { readonly step: string; readonly by: string; readonly key: ApproverKey },
  writer: Writer,
): Promise<Approved> {
  const { by, key } = order;
  const step = stepOf(runbook, order.step);
  const { id, content } = step;
  refuseStranger(runbook, step, by, key.publicKey);
  const isDoneBy = (names: readonly string[]): boolean => {
    return step.mode === "manual" && names.length >= step.approvals;
  };
  const doneBy = (names: readonly string[]): LogEvent => {
    return { what: "done", step: id, content, before: null, after: { by: [...names] } };
  };
  await log.appendNext(async ({ hash: head }, records) => {
    const { state, approvedBy = [] } = progressOf(runbook, records).get(id) ?? {};
    if (state?.kind === "done") throw said(`${id} is done already`);
    // A kill came between the last approval and this line.
    if (isDoneBy(approvedBy)) return doneBy(approvedBy);
    if (approvedBy.includes(by)) throw said(`${by} has approved ${id} already`);
    const message = approvalMessage({ runbook: runbook.name, step: id, content, head, by });
    const signature = Buffer.from(await key.sign(message)).toString("hex");
    return { what: "approval", step: id, content, by, key: key.publicKey, signature };
  }, writer);
  const { state, approvedBy = [] } = progressOf(runbook, await log.read()).get(id) ?? {};
  const missing = Math.max(0, step.approvals - approvedBy.length);
  const isDone = isDoneBy(approvedBy);
  if (isDone && state?.kind !== "done") await log.append(doneBy(approvedBy), writer);
  return { step, approvedBy, missing, isDone };
}

function refuseStranger(
  { approvers }: Runbook,
  { id, mode }: Step,
  by: string,
  publicKey: string,
): void {
  if (mode === "automatic") {
    throw new UsageError("USAGE_ARGUMENT", `${id} is automatic, and asks nobody.`);
  }
  const approver = approvers.find((each) => each.name === by);
  if (approver === undefined) {
    const known = approvers.map((each) => each.name).join(", ");
    const what = `${JSON.stringify(by.slice(0, 80))} is no approver; the runbook has: ${known}.`;
    throw new UsageError("USAGE_ARGUMENT", what);
  }
  if (approver.key === publicKey) return;
  const what = `that is not the key of ${by}: the runbook has another one for that name`;
  throw new UsageError("KEY_UNREADABLE", `${what}.`);
}

function said(what: string): UsageError {
  return new UsageError("USAGE_EXISTS", `${what}.`);
}
