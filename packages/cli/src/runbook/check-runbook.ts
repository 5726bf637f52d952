import { existsSync } from "node:fs";
import path from "node:path";
import { progressOf, type Runbook, RunbookLog, reviewTimes, type Step } from "@causeway/control";
import { CausewayError, type Instant, UsageError } from "@causeway/kernel";
import { checkKeys, type Log, type PassphraseSource } from "@causeway/publisher";
import { act } from "./act.ts";
import { logSharedKey } from "./act-on-names.ts";
import { measure } from "./measure.ts";
import { neededKeys } from "./needed-keys.ts";

/** Something about a runbook that its author should know. */
export interface Finding {
  /** The step that it is about. */
  readonly step?: string;
  /** `error`: the step, or the runbook, cannot be done like that. */
  readonly kind: "error" | "warning" | "told";
  readonly what: string;
  readonly code?: string;
}

export interface CheckPorts {
  readonly now: () => Instant;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly who: string;
  /** Absent: no key is unlocked. */
  readonly passphrase?: PassphraseSource;
}

/** Tries everything that can be tried without changing anything. Each step that is left is dry-run. */
export async function checkRunbook(
  runbook: Runbook,
  ports: CheckPorts,
): Promise<readonly Finding[]> {
  const { now, signal, log, passphrase } = ports;
  const findings: Finding[] = [];
  const attempt = async (check: () => Promise<void>, step?: string): Promise<void> => {
    try {
      await check();
    } catch (error) {
      if (!(error instanceof CausewayError) || error.code === "INTERRUPTED") throw error;
      findings.push({ ...at(step), kind: "error", what: error.message, code: error.code });
    }
  };
  const done = new Set<string>();
  await attempt(async () => {
    const progress = progressOf(runbook, await new RunbookLog(runbook.dir, runbook.name).read());
    for (const [id, { state }] of progress) if (state.kind === "done") done.add(id);
  });
  const left = runbook.steps.filter((step) => !done.has(step.id));
  for (const { step, what } of reviewTimes(runbook, done, now())) {
    findings.push({ step, kind: "warning", what });
  }
  await attempt(async () => refuseNoFolder(runbook));
  const keys = neededKeys({ steps: left });
  if (keys.length > 0) {
    await attempt(() => checkKeys(runbook.dir, keys, { ...(passphrase && { passphrase }), log }));
  }
  const isNaming = left.some(({ action }) => action.verb.startsWith("names "));
  if (isNaming && runbook.names !== undefined) await logSharedKey(runbook.names.keyFile, log);
  for (const [id, { why }] of await measure({ ...runbook, steps: left }, now(), signal)) {
    findings.push({ kind: "told", what: `condition ${id}: ${why}` });
  }
  for (const step of left) await attempt(() => dryRun(step, runbook, ports, findings), step.id);
  return findings;
}

async function dryRun(
  step: Step,
  runbook: Runbook,
  ports: CheckPorts,
  findings: Finding[],
): Promise<void> {
  const { now, signal, log, who } = ports;
  const passphrase: PassphraseSource = () => {
    throw new UsageError("KEY_PASSPHRASE", "nothing is signed in a dry run.");
  };
  const stage = { step, runbook, isDry: true, who, now, signal, log, passphrase };
  const { told } = await act(step.action, stage);
  for (const what of told) findings.push({ ...at(step.id), kind: "told", what });
}

function refuseNoFolder({ dir }: Runbook): void {
  if (existsSync(path.join(dir, "causeway.yaml"))) return;
  throw new UsageError("CONFIG_MISSING", `${dir} is no vendor's folder; name it with dir:.`);
}

function at(step: string | undefined): Pick<Finding, "step"> {
  return step === undefined ? {} : { step };
}
