import path from "node:path";
import { UsageError } from "@causeway/kernel";
import { descriptorLog, lookAtEdge, watchEdge } from "@causeway/origin";
import type { Command } from "commander";
import { aborted } from "../interrupt.ts";
import type { Terminal } from "../terminal.ts";
import { addVerb, type Context } from "../verb.ts";
import { wholeNumber } from "../whole-number.ts";

interface WatchOptions {
  readonly control: string;
  readonly adminPort?: number;
  readonly once?: boolean;
}

const notes = `
For an HAProxy that serve has started, serve does this by itself. It runs as who may use the socket:
as root for the one of docs/units. Ctrl-C ends it.
`;

/** `causeway edge watch`: the alarms and measures of a running HAProxy. */
export function addWatch(edge: Command, { terminal, signal }: Context): void {
  addVerb(
    edge,
    "watch",
    "Follow a running HAProxy: log an alarm when it refuses real tickets, and tell its figures.",
    "causeway edge watch --admin-port 9101",
    notes,
  )
    .option("--control <file>", "its runtime socket", "/run/haproxy/causeway.sock")
    .option(
      "--admin-port <port>",
      "health and metrics, on 127.0.0.1; 0 takes a free one",
      wholeNumber(0, 65_535),
    )
    .option("--once", "look once, and tell what it did since it started")
    .action(async ({ control: file, adminPort, once = false }: WatchOptions) => {
      const control = path.resolve(file);
      if (once && adminPort !== undefined) {
        const what = "--once ends at once, and --admin-port is for what goes on; give one of both.";
        throw new UsageError("USAGE_ARGUMENT", what);
      }
      if (once) return look(control, terminal);
      const log = descriptorLog(process.stderr.fd);
      const watched = await watchEdge({
        control,
        log,
        ...(adminPort !== undefined && { adminPort }),
      });
      const { adminUrl = null } = watched;
      const where = adminUrl === null ? "" : `, health and metrics at ${adminUrl}`;
      terminal.result({ control, adminUrl }, `watching ${control}${where}; Ctrl-C ends it`);
      await aborted(signal);
      await watched.close();
    });
}

/** @throws {HostError} */
async function look(control: string, terminal: Terminal): Promise<void> {
  const told = await lookAtEdge(control);
  const { requests, refused, waiting, connections, ticketedMachines, ticketsRefused } = told;
  const lines = [
    `${requests} requests since it started; ${waiting} wait, ${connections.open} connections`,
    `refused: ${refused["over-share"]} over their share, ${refused.busy} after they waited in vain`,
    `${ticketedMachines} machines showed good tickets in the last minute`,
    ...ticketsRefused.map(({ rule, machines, of, alarm }) => {
      return `${alarm ? "ALARM: " : ""}${rule} turned away ${machines} of ${of} such machines`;
    }),
  ];
  terminal.result({ control, ...told }, lines.join("\n"));
}
