import path from "node:path";
import { CausewayError, UsageError } from "@causeway/kernel";
import {
  type ListedTicketKey,
  listTicketKeys,
  readPolicyFile,
  rotateTicketKeys,
  type TicketKeysRotated,
} from "@causeway/origin";
import { type KeyList, listKeys, readConfig, rotateKey } from "@causeway/publisher";
import { passphrasesFrom } from "../passphrase.ts";
import { policyFile } from "../policy-file.ts";
import { logTo } from "../publisher-log.ts";
import { printable, type Terminal } from "../terminal.ts";
import { ticketKeysFile } from "../ticket-keys-file.ts";
import { addVerb, helpEnd, type Register } from "../verb.ts";
import { wholeNumber } from "../whole-number.ts";
import { registerFleetTicket } from "./keys-fleet-ticket.ts";
import { registerSend } from "./keys-send.ts";
import { registerSign } from "./keys-sign.ts";

interface KeyOptions {
  readonly dir: string;
  readonly key?: string;
  readonly threshold?: number;
  readonly keys?: number;
  readonly passphraseFile?: string;
}

/** `causeway keys list|rotate|sign|send|fleet-ticket`: the keys, and the root ceremony with offline ones. */
export const registerKeys: Register = (program, context) => {
  const keys = program
    .command("keys")
    .description("List, rotate and use the vendor's keys.")
    .addHelpText("after", helpEnd("causeway keys list --dir vendor"));
  registerList(keys, context);
  registerRotate(keys, context);
  registerSign(keys, context);
  registerSend(keys, context);
  registerFleetTicket(keys, context);
};

const registerList: Register = (keys, { terminal }) => {
  addVerb(keys, "list", "List every key, and what waits for signatures.", "causeway keys list")
    .option("--dir <dir>", "the vendor's folder", ".")
    .action(async ({ dir }: KeyOptions) => {
      const list = await listKeys(dir, logTo(terminal));
      const tickets = await listedTicketKeys(dir, terminal);
      terminal.result({ ...list, tickets }, table(list, tickets));
    });
};

const registerRotate: Register = (keys, context) => {
  const { terminal } = context;
  addVerb(
    keys,
    "rotate",
    "Put a new key in an old one's place; the next publish makes it public.",
    "causeway keys rotate timestamp",
  )
    .argument("<role>", "root, targets, patches, routes, snapshot, timestamp or tickets")
    .option("--key <id>", "the start of the id of the key to replace (default: the first)")
    .option("--threshold <m>", "how many of its keys must agree from then on", wholeNumber(1, 16))
    .option("--keys <n>", "how many it has then; makes further ones", wholeNumber(1, 16))
    .option("--dir <dir>", "the vendor's folder", ".")
    .option("--passphrase-file <file>", "holds the passphrase of the keys")
    .action(async (role: string, options: KeyOptions) => {
      if (role === "tickets") {
        const rotated = await rotateTickets(options);
        terminal.result(rotated, toldRotation(rotated));
        return;
      }
      const passphrases = passphrasesFrom(options.passphraseFile, context);
      const rotated = await rotateKey(options.dir, {
        role,
        passphrase: passphrases.known,
        newPassphrase: passphrases.chosen,
        log: logTo(terminal),
        ...(options.key !== undefined && { keyId: options.key }),
        ...(options.threshold !== undefined && { threshold: options.threshold }),
        ...(options.keys !== undefined && { keys: options.keys }),
      });
      const next = rotated.complete
        ? "causeway publish makes it public"
        : `signatures are missing; run causeway keys sign ${rotated.pending} where the keys are`;
      const from = `${rotated.oldKeyId.slice(0, 8)} gives way to ${rotated.newKeyId.slice(0, 8)}`;
      const added = rotated.addedKeyIds.map((id) => id.slice(0, 8));
      const beside = added.length === 0 ? "" : `, with ${added.join(", ")} beside it`;
      const hasCounts = options.threshold !== undefined || options.keys !== undefined;
      const agree = hasCounts ? `, ${rotated.threshold} of ${rotated.keys} must agree` : "";
      terminal.result(rotated, `${rotated.role}: key ${from}${beside}${agree}; ${next}`);
    });
};

/** They are of no use to a client that pins the root, so their damage hides no other key. */
async function listedTicketKeys(
  dir: string,
  terminal: Terminal,
): Promise<readonly ListedTicketKey[]> {
  try {
    const place = { file: policyFile(dir), tree: path.resolve(dir, "repository") };
    const signed = await readPolicyFile(place).catch((error: unknown) => {
      if (!(error instanceof CausewayError)) throw error;
      terminal.warn(error.message);
    });
    return await listTicketKeys(ticketKeysFile(dir), signed?.policy);
  } catch (error) {
    if (!(error instanceof CausewayError)) throw error;
    terminal.warn(error.message);
    return [];
  }
}

async function rotateTickets(options: KeyOptions): Promise<TicketKeysRotated> {
  const { dir, key, threshold, keys } = options;
  if (key !== undefined || threshold !== undefined || keys !== undefined) {
    const what = "--key, --threshold and --keys are for roles: of tickets the oldest key goes.";
    throw new UsageError("USAGE_ARGUMENT", what);
  }
  await readConfig(path.resolve(dir, "causeway.yaml"));
  return rotateTicketKeys(ticketKeysFile(dir));
}

function toldRotation({ file, newKid, oldKid, endedKid, signsFrom }: TicketKeysRotated): string {
  return [
    `tickets: key ${newKid} signs from ${signsFrom}, and is accepted at once`,
    ...(oldKid === null ? [] : [`  tickets of ${oldKid} stay good`]),
    ...(endedKid === null ? [] : [`  those of ${endedKid} are worth nothing any more`]),
    `  origins that serve this folder take it up; bring ${file} to all others now`,
  ].join("\n");
}

function table({ keys, pending }: KeyList, tickets: readonly ListedTicketKey[]): string {
  const head = "role       key       state    role expires          file";
  const rows = keys.map((key) => {
    const where = key.file ?? "not here";
    const lock = key.encrypted === false ? " (not encrypted)" : "";
    return `${key.role.padEnd(10)} ${key.keyId.slice(0, 8)}  ${key.state.padEnd(8)} ${key.expires.padEnd(20)}  ${where}${lock}`;
  });
  const waiting = pending.map(({ file, role, version, signatures, threshold }) => {
    return `waiting: ${file} (${role} ${version}) has ${signatures} of ${threshold} signatures`;
  });
  const ofTickets = tickets.map(({ kid, state, createdAt }) => {
    return `tickets    ${kid}  ${state.padEnd(8)} made ${createdAt}  keys/tickets.json`;
  });
  return printable([head, ...rows, ...ofTickets, ...waiting].join("\n"));
}
