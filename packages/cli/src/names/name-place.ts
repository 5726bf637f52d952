import { existsSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import path from "node:path";
import { nodeRandom } from "@causeway/client/node";
import {
  ask,
  type DnsName,
  NameHistory,
  type NamePorts,
  type NameServer,
  reasonLengthMax,
  sendUpdate,
  toDnsName,
  toNameServer,
} from "@causeway/control";
import { UsageError } from "@causeway/kernel";
import type { Command } from "commander";
import { sharedSecret } from "../shared-secret.ts";
import type { Terminal } from "../terminal.ts";

export interface ServerOptions {
  readonly server: string;
  readonly zone?: string;
  readonly dir: string;
}

export interface ChangeOptions extends ServerOptions {
  readonly key: string;
  readonly reason?: string;
  readonly dryRun?: boolean;
}

/** Options that say where the name is, and where its history is kept. */
export function withServer(verb: Command): Command {
  return verb
    .requiredOption(
      "--server <address>",
      "the name server that takes updates, as 192.0.2.53 or [2001:db8::53]:53",
    )
    .option("--zone <name>", "its zone (default: the server is asked)")
    .option("--dir <dir>", "the vendor's folder, whose names/ keeps each change", ".");
}

/** Options of what changes a name. */
export function withKey(verb: Command): Command {
  return verb
    .requiredOption("--key <file>", "the TSIG key, as tsig-keygen writes it")
    .option("--reason <text>", "why; kept with the change")
    .option("--dry-run", "print the update that would be sent, and send nothing");
}

/** Warns of a TSIG key that others on this machine can read. */
export async function warnOfSharedKey(
  { key }: { readonly key: string },
  terminal: Terminal,
): Promise<void> {
  const shared = await sharedSecret(key);
  if (shared !== undefined) terminal.warn(shared);
}

/** What changes of names need of this machine. @throws {UsageError} `CONFIG_MISSING` */
export function namePorts(dir: string): NamePorts {
  const folder = path.resolve(dir);
  if (!existsSync(path.join(folder, "causeway.yaml"))) {
    const message = `${folder} is no vendor's folder; name the one that keeps changes with --dir.`;
    throw new UsageError("CONFIG_MISSING", message);
  }
  const history = new NameHistory(path.join(folder, "names"));
  return { ask, sendUpdate, history, random: nodeRandom(), now: () => Date.now() };
}

/** Who is at work, for those who read it later. */
export function whoIsHere(): string {
  return `${userName()}@${hostname()}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "somebody"); // a user without an entry, as in containers
  }
}

/** Where a name is, as the options say. @throws {UsageError} */
export function placeOf({ server, zone }: ServerOptions): {
  readonly server: NameServer;
  readonly zone?: DnsName;
} {
  return { server: toNameServer(server), ...(zone !== undefined && { zone: toDnsName(zone) }) };
}

/** @throws {UsageError} `USAGE_ARGUMENT` */
export function reasonOf({ reason = "" }: Pick<ChangeOptions, "reason">): string {
  if (reason.length <= reasonLengthMax) return reason;
  throw new UsageError("USAGE_ARGUMENT", `--reason: write at most ${reasonLengthMax} characters.`);
}
