import {
  type ProbeHistory,
  type ProbePolicy,
  type Proposal,
  type Proposals,
  propose,
  type Round,
  roundsNeeded,
  takenBack,
  verdictsByRound,
} from "@causeway/control";
import { CausewayError } from "@causeway/kernel";
import { editRoutes, listRoutes } from "@causeway/publisher";
import { describeFailure } from "../failure.ts";
import { passphrasesFrom } from "../passphrase.ts";
import { logTo } from "../publisher-log.ts";
import { refuseWaiting } from "../routes/change-route.ts";
import { printable } from "../terminal.ts";
import type { Context } from "../verb.ts";

const changesMs = 30 * 86_400_000; // as long as the history keeps them

export interface ActOptions {
  readonly dir: string;
  readonly passphraseFile?: string;
}

/** A proposal, and what became of it. */
export interface ToldProposal extends Proposal {
  /** The command that makes the change. */
  readonly command: string;
  readonly isMade: boolean;
}

export interface ToldProposals extends Pick<Proposals, "isCutOff"> {
  readonly proposals: readonly ToldProposal[];
}

/**
 * Proposes changes by what the history tells, and makes those that the policy leaves to probes, by
 * the same code as `routes drain`. One that cannot be made is told of, and proposed again.
 * @throws {UsageError} {HostError}
 */
export async function actOnProposals(
  round: Round,
  history: ProbeHistory,
  policy: ProbePolicy,
  options: ActOptions,
  context: Context,
): Promise<ToldProposals> {
  const { routes } = await listRoutes(options.dir);
  const now = round.at;
  const sights = history.lastRounds(roundsNeeded(policy), now - policy.drain.staleForMs * 2);
  const open = routes.filter(({ sealed }) => sealed === undefined);
  const known = { routes: open, changes: history.changesSince(now - changesMs), now };
  const byPeople = takenBack(known);
  for (const change of byPeople) history.addChange(change);
  const changes = [...byPeople, ...known.changes];
  const { isCutOff, proposals } = propose(
    { ...known, rounds: verdictsByRound(sights), changes },
    policy,
  );
  const told: ToldProposal[] = [];
  let isStopped = false;
  for (const proposal of proposals) {
    const isMeant = proposal.held === null && !isStopped;
    const isMade = isMeant && (await make(proposal, options, context));
    if (isMade) history.addChange({ at: now, id: proposal.id, kind: proposal.kind });
    // The next ones were thought of as coming after it, as a drain after a restore.
    if (isMeant && !isMade) isStopped = true;
    const command = `causeway routes ${proposal.kind} ${proposal.id} --dir ${options.dir}`;
    told.push({ ...proposal, command, isMade });
  }
  return { isCutOff, proposals: told };
}

async function make(
  { kind, id }: Proposal,
  { dir, passphraseFile }: ActOptions,
  context: Context,
): Promise<boolean> {
  const { terminal, signal } = context;
  try {
    const passphrase = passphrasesFrom(passphraseFile, context).known;
    const result = await editRoutes(
      dir,
      { kind, id },
      { passphrase, log: logTo(terminal), signal },
    );
    refuseWaiting(result);
    for (const { id: route, error } of result.routes.filter(({ ok }) => !ok)) {
      terminal.warn(`${route} did not get the new list: ${error?.message ?? "failed"}`);
    }
    return true;
  } catch (error) {
    if (signal.aborted || !(error instanceof CausewayError)) throw error;
    terminal.warn(`${kind} ${id} could not be done: ${describeFailure(error).text}`);
    return false;
  }
}

/** One line for each. */
export function proposalLines({ isCutOff, proposals }: ToldProposals): readonly string[] {
  if (isCutOff) {
    return ["no route answers: this is most likely our own network, and nothing is changed"];
  }
  return proposals.map(({ kind, id, why, held, command, isMade }) => {
    if (isMade) return printable(`${id} is changed (${kind}): ${why}`);
    const because = held === null ? "" : ` (${held})`;
    return printable(`proposed${because}: ${command}; ${id} is ${why}`);
  });
}
