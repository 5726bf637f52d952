import { approveStep, RunbookLog } from "@causeway/control";
import { openPersonalKey } from "@causeway/publisher";
import { whoIsHere } from "../names/name-place.ts";
import { passphrasesFrom } from "../passphrase.ts";
import { logTo } from "../publisher-log.ts";
import { loadRunbook } from "../runbook/load-runbook.ts";
import { printable } from "../terminal.ts";
import { addVerb, type Register } from "../verb.ts";

interface ApproveOptions {
  readonly as: string;
  readonly key: string;
  readonly passphraseFile?: string;
}

const notes = `
The approval is signed with the person's own key, and is for the step as it is written now: once it is
edited, it has to be approved anew. Approving a manual step says that it was done.
`;

/** `causeway runbook approve`: one person's yes to one step. */
export const registerApprove: Register = (runbook, context) => {
  const { terminal } = context;
  const example = "causeway runbook approve runbook.yaml retire --as alice --key alice.pem";
  addVerb(runbook, "approve", "Approve a step, or tick off a manual one.", example, notes)
    .argument("<file>", "the runbook")
    .argument("<step>", "its id")
    .requiredOption("--as <name>", "who approves, as the runbook lists people")
    .requiredOption("--key <file>", "that person's key, as causeway runbook key makes it")
    .option("--passphrase-file <file>", "holds the passphrase of that key")
    .action(async (file: string, id: string, options: ApproveOptions) => {
      const { as: by, key: keyFile, passphraseFile } = options;
      const read = await loadRunbook(file);
      const passphrase = passphrasesFrom(passphraseFile, context).known;
      const key = await openPersonalKey(keyFile, passphrase, logTo(terminal));
      const log = new RunbookLog(read.dir, read.name);
      const writer = { who: whoIsHere(), now: () => Date.now() };
      const approved = await approveStep(log, read, { step: id, by, key }, writer);
      const { step, approvedBy, missing, isDone } = approved;
      const { head } = await log.look();
      const what = isDone
        ? `${id} is done`
        : `${id} is approved by ${approvedBy.join(", ")}${missing === 0 ? "" : `; ${missing} more to approve`}`;
      const json = { step: id, content: step.content, approvedBy, missing, done: isDone };
      const lines = [what, `log: ${head.count} entries, head ${head.hash}`];
      terminal.result(
        { ...json, log: { entries: head.count, head: head.hash } },
        printable(lines.join("\n")),
      );
    });
};
