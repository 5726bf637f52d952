import { refresh } from "@causeway/publisher";
import { passphrasesFrom } from "../passphrase.ts";
import { logTo } from "../publisher-log.ts";
import { addVerb, type Register } from "../verb.ts";
import { tell } from "./publish.ts";

interface RefreshOptions {
  readonly dir: string;
  readonly passphraseFile?: string;
  readonly clockIsRight?: boolean;
}

/** `causeway refresh`: what a timer calls, so that no customer meets expired metadata. */
export const registerRefresh: Register = (program, context) => {
  const { terminal, signal } = context;
  addVerb(
    program,
    "refresh",
    "Sign timestamp and snapshot again when they are about to expire; for a timer.",
    "causeway refresh --dir vendor --passphrase-file /run/credentials/causeway",
  )
    .option("--dir <dir>", "the vendor's folder", ".")
    .option("--passphrase-file <file>", "holds the passphrase of the keys")
    .option("--clock-is-right", "sign although the last signing was over a day later than now")
    .action(async ({ dir, passphraseFile, clockIsRight = false }: RefreshOptions) => {
      const result = await refresh(dir, {
        passphrase: passphrasesFrom(passphraseFile, context).known,
        log: logTo(terminal),
        signal,
        isClockRight: clockIsRight,
      });
      const due = new Date(result.due).toISOString();
      const what =
        result.refreshed.length === 0 ? "nothing was due" : `signed ${result.refreshed.join(", ")}`;
      const head = `${result.repository}: ${what}; due again at ${due}`;
      const told = { ...result, due };
      tell(told, head, context);
    });
};
