import { type DnsAnswer, noAnswer, parseAnswers } from "./dns-answer.ts";
import type { DnsName } from "./dns-name.ts";
import type { NameServer } from "./name-server.ts";
import { runProgram } from "./run-program.ts";

export interface Question {
  readonly name: DnsName;
  readonly type: string;
}

/** Asks one server, and gets one answer for each question, in their order. */
export type Ask = (
  server: NameServer,
  questions: readonly Question[],
  options?: { readonly recurse?: boolean; readonly signal?: AbortSignal },
) => Promise<readonly DnsAnswer[]>;

const triesMax = 2;
const tryMsMax = 2_000;
const answerBytesMax = 64 * 1024;

/**
 * Asks by BIND's `dig`. Who does not answer the first question is asked no other one, and gives
 * answers without a status.
 * @throws {HostError} `HOST_MISSING` when it is not installed; the signal's reason
 */
export const ask: Ask = async (server, questions, { recurse = false, signal } = {}) => {
  const [first, ...others] = questions;
  if (first === undefined) return [];
  const [answer = noAnswer] = await dig(server, [first], recurse, signal);
  if (answer.status === undefined) return questions.map(() => noAnswer);
  return [answer, ...(await dig(server, others, recurse, signal))];
};

async function dig(
  server: NameServer,
  questions: readonly Question[],
  recurse: boolean,
  signal: AbortSignal | undefined,
): Promise<readonly DnsAnswer[]> {
  if (questions.length === 0) return [];
  const args = [
    "-r", // no settings of the user's
    `@${server.host}`,
    "-p",
    String(server.port),
    "+noall",
    "+comments",
    "+answer",
    "+authority",
    `+tries=${triesMax}`,
    `+time=${tryMsMax / 1000}`,
    recurse ? "+recurse" : "+norecurse",
    // With -q and -t no name is taken for an option, or for a type.
    ...questions.flatMap(({ name, type }) => ["-q", name, "-t", type]),
  ];
  const bounds = {
    msMax: (triesMax + 1) * tryMsMax * questions.length,
    bytesMax: answerBytesMax * questions.length,
  };
  const { output } = await runProgram("dig", args, "", bounds, signal);
  const answers = parseAnswers(output);
  return questions.map((_, at) => answers[at] ?? noAnswer);
}
