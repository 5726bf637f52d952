import path from "node:path";
import { UsageError } from "@causeway/kernel";
import { changeEdge } from "@causeway/origin";
import type { Command } from "commander";
import { addVerb, type Context, collect } from "../verb.ts";

interface ChangeOptions {
  readonly control: string;
  readonly keys?: string;
  readonly retire?: readonly string[];
  readonly restore?: readonly string[];
  readonly drain?: readonly string[];
  readonly ready?: readonly string[];
  readonly folder?: string;
}

/** `causeway edge change`: what a running HAProxy takes without a restart, in under a second. */
export function addChange(edge: Command, { terminal }: Context): void {
  addVerb(
    edge,
    "change",
    "Change a running HAProxy: keys, retired names, drained servers.",
    "causeway edge change --retire update.example.com --folder /etc/causeway",
  )
    .option("--control <file>", "its runtime socket", "/run/haproxy/causeway.sock")
    .option("--keys <file>", "take tickets of the keys in this file only, as keys/tickets.json")
    .option(
      "--retire <host>",
      "answer a constant text to whoever asks for that name; repeat",
      collect,
    )
    .option("--restore <host>", "serve that name again; repeat", collect)
    .option("--drain <server>", "give nothing new to origin-1, files-1, ...; repeat", collect)
    .option("--ready <server>", "take it back; repeat", collect)
    .option("--folder <dir>", "where haproxy.cfg lies: keeps keys and names for its next start")
    .action(async ({ control, folder, ...options }: ChangeOptions) => {
      const { keys: keyFile, retire = [], restore = [], drain = [], ready = [] } = options;
      const servers = [...drain, ...ready].length;
      if (keyFile === undefined && retire.length + restore.length + servers === 0) {
        throw new UsageError("USAGE_ARGUMENT", "say what to change, as --retire HOST.");
      }
      const changed = await changeEdge(
        path.resolve(control),
        {
          retire,
          restore,
          drain,
          ready,
          ...(keyFile !== undefined && { keyFile }),
        },
        folder,
      );
      const names = changed.retired.join(", ") || "none";
      const keys = changed.keys === undefined ? "" : `, ${changed.keys} ticket keys`;
      terminal.result(changed, `changed; retired names: ${names}${keys}`);
    });
}
