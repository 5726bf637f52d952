import path from "node:path";
import { toUtcSecond, UsageError } from "@causeway/kernel";
import { type ChangedEdge, changeEdge, type EdgeChange, openableAtEdge } from "@causeway/origin";
import type { Command } from "commander";
import { ruleDuration, usualOpenMs } from "../rule-duration.ts";
import type { Terminal } from "../terminal.ts";
import { addVerb, type Context, collect } from "../verb.ts";

interface ChangeOptions {
  readonly control: string;
  readonly keys?: string;
  readonly revoke?: readonly string[];
  readonly retire?: readonly string[];
  readonly restore?: readonly string[];
  readonly drain?: readonly string[];
  readonly ready?: readonly string[];
  readonly open?: readonly string[];
  readonly close?: readonly string[];
  /** Milliseconds. */
  readonly for?: number;
  readonly folder?: string;
}

/** `causeway edge change`: what a running HAProxy takes without a restart, in under a second. */
export function addChange(edge: Command, { terminal }: Context): void {
  addVerb(
    edge,
    "change",
    "Change a running HAProxy: keys, retired names, drained servers, open rules.",
    "causeway edge change --retire update.example.com --folder /etc/causeway",
  )
    .option("--control <file>", "its runtime socket", "/run/haproxy/causeway.sock")
    .option("--keys <file>", "take tickets of the keys in this file only, as keys/tickets.json")
    .option("--revoke <kid>", "take no ticket of the key with that id any more; repeat", collect)
    .option(
      "--retire <host>",
      "answer a constant text to whoever asks for that name; repeat",
      collect,
    )
    .option("--restore <host>", "serve that name again; repeat", collect)
    .option("--drain <server>", "give nothing new to origin-1, files-1, ...; repeat", collect)
    .option("--ready <server>", "take it back; repeat", collect)
    .option(
      "--open <rule>",
      `let a rule turn nobody away for a time: ${openableAtEdge.join(", ")}; repeat`,
      collect,
    )
    .option("--close <rule>", "let a rule that is open work again; repeat", collect)
    .option(
      "--for <time>",
      "when what is opened ends by itself, as 90m, 24h or 7d (default: 1h)",
      ruleDuration,
    )
    .option("--folder <dir>", "where haproxy.cfg lies: keeps what is said for its next start")
    .action(async ({ control, folder, ...options }: ChangeOptions) => {
      const changed = await changeEdge(path.resolve(control), changeOf(options), folder);
      for (const kid of changed.unknownKeys) {
        terminal.warn(`${control} had no ticket key with the id ${kid}; keys list tells them.`);
      }
      tell(changed, terminal);
    });
}

/** @throws {UsageError} `USAGE_ARGUMENT` nothing is to be changed, or `--for` is for nothing */
function changeOf(options: Omit<ChangeOptions, "control" | "folder">): EdgeChange {
  const { keys: keyFile, retire = [], restore = [], drain = [], ready = [] } = options;
  const { open = [], close = [], revoke = [], for: forMs } = options;
  const changes = [revoke, retire, restore, drain, ready, open, close].flat().length;
  if (forMs !== undefined && open.length === 0) {
    const what = "--for says when what is opened ends; say what to open, as --open line.";
    throw new UsageError("USAGE_ARGUMENT", what);
  }
  if (keyFile === undefined && changes === 0) {
    throw new UsageError("USAGE_ARGUMENT", "say what to change, as --retire HOST.");
  }
  const until = Date.now() + (forMs ?? usualOpenMs);
  return {
    revoke,
    retire,
    restore,
    drain,
    ready,
    open: open.map((rule) => ({ rule, until })),
    close,
    ...(keyFile !== undefined && { keyFile }),
  };
}

function tell({ retired, opened, keys }: ChangedEdge, terminal: Terminal): void {
  const ends = opened.map(({ rule, until }) => ({ rule, until: toUtcSecond(until) }));
  const parts = [
    `retired names: ${retired.join(", ") || "none"}`,
    `open rules: ${ends.map(({ rule, until }) => `${rule} until ${until}`).join(", ") || "none"}`,
    ...(keys === undefined ? [] : [`ticket keys: ${keys}`]),
  ];
  terminal.result({ retired, opened: ends, keys }, `changed; ${parts.join("; ")}`);
}
