import { makePersonalKey } from "@causeway/publisher";
import { passphrasesFrom } from "../passphrase.ts";
import { printable } from "../terminal.ts";
import { addVerb, type Register } from "../verb.ts";

interface KeyOptions {
  readonly out: string;
  readonly passphraseFile?: string;
}

const notes = `
Each person makes one, on a machine and with a passphrase of their own, and gives away the printed line
alone: whoever has two keys can approve for two.
`;

/** `causeway runbook key`: the key with which one person approves. */
export const registerKey: Register = (runbook, context) => {
  const example = "causeway runbook key alice --out alice.pem";
  addVerb(runbook, "key", "Make a key to approve with, and print its line.", example, notes)
    .argument("<name>", "whose key it is")
    .requiredOption("--out <file>", "where to write it")
    .option("--passphrase-file <file>", "holds its passphrase")
    .action(async (name: string, { out, passphraseFile }: KeyOptions) => {
      const passphrase = await passphrasesFrom(passphraseFile, context).chosen(name);
      const key = await makePersonalKey(out, passphrase);
      const text = `approvers:\n  - { name: ${name}, key: "${key}" }`;
      context.terminal.result({ name, key, file: out }, printable(text));
    });
};
