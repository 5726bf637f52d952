import type { Runbook, Step } from "@causeway/control";
import type { Instant } from "@causeway/kernel";
import type { Log, PassphraseSource, PublishOptions } from "@causeway/publisher";

/** What surrounds a step when it is done, or tried. */
export interface Stage {
  readonly step: Step;
  readonly runbook: Runbook;
  readonly isDry: boolean;
  readonly who: string;
  readonly now: () => Instant;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly passphrase: PassphraseSource;
}

export function publishOptions({ passphrase, log, signal, now }: Stage): PublishOptions {
  return { passphrase, log, signal, now };
}
