import { readFile, stat } from "node:fs/promises";
import { Interrupted, UsageError } from "@causeway/kernel";
import password from "@inquirer/password";
import type { Context } from "./verb.ts";

/** Gives the passphrase of one private key, and another one when `refused` did not open it. */
type PassphraseProvider = (keyName: string, refused?: string) => Promise<string>;

const passphraseFileBytesMax = 64 * 1024;
const askedMax = 3; // times for each key

/** Where a command takes passphrases from. */
export interface Passphrases {
  /** For a key that exists. */
  readonly known: PassphraseProvider;
  /** For a key that is being made: typed twice, unless it opened another key of this command. */
  readonly chosen: PassphraseProvider;
}

/**
 * Takes the passphrase from `file`, else from CAUSEWAY_PASSPHRASE, else asks on the terminal.
 * The answer is remembered for the command's other keys.
 */
export function passphrasesFrom(file: string | undefined, context: Context): Passphrases {
  let answer: Promise<string> | undefined;
  const asked = new Map<string, number>();
  const askAgain = async (keyName: string, refused: string): Promise<string> => {
    const times = asked.get(keyName) ?? 0;
    if (times === askedMax) return refused;
    asked.set(keyName, times + 1);
    if (times > 0) context.terminal.say(`that does not open ${keyName}`);
    return ask(`Passphrase for ${keyName}:`, context);
  };
  return {
    known: async (keyName, refused) => {
      // Not kept as the answer: other keys may have this passphrase.
      if (refused !== undefined && isGiven(file)) throw wrongFor(keyName, file);
      if (refused !== undefined) answer = askAgain(keyName, refused);
      else if (answer === undefined) {
        asked.set(keyName, 1);
        answer = obtain(file, keyName, context);
      }
      return answer;
    },
    chosen: () => (answer ??= choose(file, context)),
  };
}

function wrongFor(keyName: string, file: string | undefined): UsageError {
  const what =
    file === undefined
      ? `CAUSEWAY_PASSPHRASE does not open ${keyName}; correct it, or unset it`
      : `the passphrase in ${file} does not open ${keyName}; correct it, or leave --passphrase-file out`;
  return new UsageError("KEY_PASSPHRASE", `${what} to be asked.`);
}

function isGiven(file: string | undefined): boolean {
  return file !== undefined || (process.env["CAUSEWAY_PASSPHRASE"] ?? "") !== "";
}

async function obtain(
  file: string | undefined,
  keyName: string,
  context: Context,
): Promise<string> {
  if (file !== undefined) return readPassphrase(file);
  const fromEnvironment = process.env["CAUSEWAY_PASSPHRASE"];
  if (fromEnvironment !== undefined && fromEnvironment !== "") return fromEnvironment;
  if (!process.stdin.isTTY) {
    throw new UsageError(
      "KEY_PASSPHRASE",
      `there is no terminal to ask for the passphrase of ${keyName}; ` +
        "set CAUSEWAY_PASSPHRASE or give --passphrase-file FILE.",
    );
  }
  return ask(`Passphrase for ${keyName}:`, context);
}

async function choose(file: string | undefined, context: Context): Promise<string> {
  if (isGiven(file) || !process.stdin.isTTY) return obtain(file, "the new keys", context);
  const first = await ask("New passphrase for the keys:", context);
  const wrong = (what: string): UsageError => {
    return new UsageError("KEY_PASSPHRASE", `${what}; nothing was made. Try again.`);
  };
  if (first === "") throw wrong("an empty passphrase protects nothing");
  if (first !== (await ask("The same again:", context))) throw wrong("the two differ");
  return first;
}

async function ask(message: string, context: Context): Promise<string> {
  try {
    return await context.terminal.aside((output) => {
      // The usual mark of an answered question says that all is well, which is not known yet.
      const theme = { prefix: context.terminal.style("blue", "?") };
      return password({ message, mask: true, theme }, { output, signal: context.signal });
    });
  } catch (cause) {
    // Ctrl-C at the prompt arrives as the library's own error, not as a signal.
    if (cause instanceof Error && /Prompt/.test(cause.name))
      throw new Interrupted(undefined, { cause });
    throw cause;
  }
}

async function readPassphrase(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > passphraseFileBytesMax) {
      throw new UsageError("KEY_PASSPHRASE", `${file} is too large for a passphrase file.`);
    }
    return (await readFile(file, "utf8")).replace(/\r?\n$/, "");
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError("KEY_PASSPHRASE", `cannot read the passphrase from ${file}.`, { cause });
  }
}
