import {
  progressOf,
  RunbookLog,
  type RunNews,
  runRunbook,
  type StepSituation,
  stepOf,
} from "@causeway/control";
import { UsageError } from "@causeway/kernel";
import { checkKeys } from "@causeway/publisher";
import { exitCodes } from "../failure.ts";
import { whoIsHere } from "../names/name-place.ts";
import { passphrasesFrom } from "../passphrase.ts";
import { logTo } from "../publisher-log.ts";
import { loadRunbook } from "../runbook/load-runbook.ts";
import { neededKeys } from "../runbook/needed-keys.ts";
import { runPorts } from "../runbook/run-ports.ts";
import { jsonOfStatus, situationLine, statusLines } from "../runbook/told-situation.ts";
import { printable } from "../terminal.ts";
import { addVerb, type Context, type Register } from "../verb.ts";

interface RunOptions {
  readonly once?: boolean;
  readonly dryRun?: boolean;
  readonly again?: string;
  readonly passphraseFile?: string;
}

const notes = `
It goes on until nothing is left that could become due; Ctrl-C ends it, and it may be started again at
any time: each step is done at most once. What fails is tried five times. Exit code 1 tells that a step
failed or was missed.
`;

/** `causeway runbook run`: does what is due. */
export const registerRun: Register = (runbook, context) => {
  const example = "causeway runbook run runbook.yaml --passphrase-file /run/credentials/causeway";
  addVerb(runbook, "run", "Do what is due, each step at most once.", example, notes)
    .argument("<file>", "the runbook")
    .option("--once", "do what is due now, and end; for a timer")
    .option("--dry-run", "tell what is due and what it would do, and change nothing")
    .option("--again <step>", "try a step once more that was given up")
    .option("--passphrase-file <file>", "holds the passphrase of the keys")
    .action(async (file: string, options: RunOptions) => run(file, options, context));
};

async function run(file: string, options: RunOptions, context: Context): Promise<void> {
  const { once: isOnce = false, dryRun: isDry = false, again, passphraseFile } = options;
  const { terminal, signal } = context;
  const log = logTo(terminal);
  const passphrase = passphrasesFrom(passphraseFile, context).known;
  const tell = (news: RunNews): void => terminal.say(printable(newsLines(news).join("\n")));
  const read = await loadRunbook(file);
  if (!isDry) {
    if (again !== undefined) await tryAgain(file, again);
    // Nobody is there to be asked for a passphrase when a step is due at midnight.
    const keys = neededKeys(read);
    if (keys.length > 0) await checkKeys(read.dir, keys, { passphrase, log });
  }
  const ports = await runPorts(file, { signal, log, passphrase, tell });
  const situations = await runRunbook(ports, { isOnce, isDry });
  if (situations.some(isLost)) context.exitCode = exitCodes.failure;
  const { head } = await ports.log.look();
  const lines = statusLines(read, situations, head, Date.now());
  terminal.result(jsonOfStatus(read, situations, head), printable(lines.join("\n")));
}

function isLost({ situation }: StepSituation): boolean {
  return situation.kind === "failed" || situation.kind === "missed";
}

/** @throws {UsageError} `USAGE_ARGUMENT` there is no such step, or it has not failed */
async function tryAgain(file: string, id: string): Promise<void> {
  const runbook = await loadRunbook(file);
  const { content } = stepOf(runbook, id);
  const log = new RunbookLog(runbook.dir, runbook.name);
  const writer = { who: whoIsHere(), now: () => Date.now() };
  await log.appendNext((_, records) => {
    const state = progressOf(runbook, records).get(id)?.state;
    if (state?.kind === "failed") return { what: "again", step: id, content };
    throw new UsageError("USAGE_ARGUMENT", `${id} has not failed.`);
  }, writer);
}

function newsLines(news: RunNews): readonly string[] {
  switch (news.kind) {
    case "situation":
      return [situationLine(news.of)];
    case "doing":
      return [`doing ${news.step.id}${news.isAgain ? " once more: a kill came between" : ""}`];
    case "acted": {
      const head = `${news.isDry ? "would do" : "done"} ${news.step.id}:`;
      return [head, ...news.acted.told.map((line) => `  ${line}`)];
    }
    case "failed": {
      const { step, error, isFinal } = news;
      const next = isFinal ? "given up" : "it is tried again";
      return [`failed ${step.id}: ${error.message} [${error.code}]; ${next}`];
    }
    default:
      return [`waiting: ${news.why}`];
  }
}
