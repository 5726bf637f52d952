import { toUtcSecond } from "@causeway/kernel";
import { exitCodes } from "../failure.ts";
import { formatCount } from "../format.ts";
import { whoIsHere } from "../names/name-place.ts";
import { passphrasesFrom } from "../passphrase.ts";
import { logTo } from "../publisher-log.ts";
import { checkRunbook, type Finding } from "../runbook/check-runbook.ts";
import { loadRunbook } from "../runbook/load-runbook.ts";
import { printable } from "../terminal.ts";
import { addVerb, type Register } from "../verb.ts";

interface CheckOptions {
  readonly passphraseFile?: string;
}

const notes = `
Nothing is changed: each step that is left is dry-run, as its command's --dry-run. With
--passphrase-file the keys are unlocked too; without, it is only looked whether they are there.
`;

/** `causeway runbook check`: whether everything that is planned could be done. */
export const registerCheck: Register = (runbook, context) => {
  const { terminal, signal } = context;
  const example = "causeway runbook check runbook.yaml";
  addVerb(runbook, "check", "Try all that can be tried without changing anything.", example, notes)
    .argument("<file>", "the runbook")
    .option("--passphrase-file <file>", "holds the passphrase of the keys")
    .action(async (file: string, { passphraseFile }: CheckOptions) => {
      const read = await loadRunbook(file);
      const passphrase =
        passphraseFile === undefined ? undefined : passphrasesFrom(passphraseFile, context).known;
      const findings = await checkRunbook(read, {
        now: () => Date.now(),
        signal,
        log: logTo(terminal),
        who: whoIsHere(),
        ...(passphrase && { passphrase }),
      });
      const errors = findings.filter((each) => each.kind === "error");
      if (errors.length > 0) context.exitCode = exitCodes.usage;
      const head = `${read.name}: T is ${toUtcSecond(read.attack)}; ${
        errors.length === 0
          ? "all of it could be done"
          : formatCount(errors.length, "thing is wrong", "things are wrong")
      }`;
      for (const each of errors) terminal.fault(printable(findingLine(each).trim()));
      const json = {
        name: read.name,
        attack: toUtcSecond(read.attack),
        ok: errors.length === 0,
        findings,
      };
      terminal.result(json, printable([head, ...findings.map(findingLine)].join("\n")));
    });
};

function findingLine({ step, kind, what, code }: Finding): string {
  const about = step === undefined ? "" : `${step}: `;
  const label = { error: "error    ", warning: "warning  ", told: "" }[kind];
  return `  ${label}${about}${what}${code === undefined ? "" : ` [${code}]`}`;
}
