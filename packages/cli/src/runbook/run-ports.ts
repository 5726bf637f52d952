import { nodeClock } from "@causeway/client/node";
import { RunbookLog, type RunNews, type RunPorts } from "@causeway/control";
import type { Clock } from "@causeway/kernel";
import type { Log, PassphraseSource } from "@causeway/publisher";
import { whoIsHere } from "../names/name-place.ts";
import { act } from "./act.ts";
import { loadRunbook } from "./load-runbook.ts";
import { measure } from "./measure.ts";

export interface RunSettings {
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly passphrase: PassphraseSource;
  readonly tell: (news: RunNews) => void;
  /** The machine's own when left out. */
  readonly clock?: Clock;
}

/** What a run of the runbook in a file needs of this machine. @throws {UsageError} */
export async function runPorts(file: string, settings: RunSettings): Promise<RunPorts> {
  const { signal, log, passphrase, tell, clock = nodeClock() } = settings;
  const { dir, name } = await loadRunbook(file);
  const who = whoIsHere();
  const now = (): number => clock.wall();
  return {
    clock,
    log: new RunbookLog(dir, name),
    who,
    signal,
    load: () => loadRunbook(file),
    measure: (runbook, at) => measure(runbook, at, signal),
    act: (step, runbook, isDry) => {
      return act(step.action, { step, runbook, isDry, who, now, signal, log, passphrase });
    },
    tell,
  };
}
