import { ticketedCommand, ticketedMachines } from "./ticketed-machines.ts";

/** Why an HAProxy in front refused: its client had used up its share, or nobody was free for long. */
export const edgeRefusals = ["over-share", "busy"] as const;
export type EdgeRefusal = (typeof edgeRefusals)[number];

/** What an HAProxy in front did since it started; plain numbers, to be added as `Counts` are. */
export interface EdgeStats {
  readonly requests: number;
  readonly refused: Readonly<Record<EdgeRefusal, number>>;
  readonly sentBytes: number;
  readonly accepted: number;
  /** Connections that were closed unheard. */
  readonly dropped: number;
  readonly now: {
    /** Connections of clients. */
    readonly open: number;
    /** Requests that wait for a server. */
    readonly waiting: number;
    /** Machines that showed good tickets in the last minute. */
    readonly ticketed: number;
  };
}

export const noEdgeStats: EdgeStats = {
  requests: 0,
  refused: { "over-share": 0, busy: 0 },
  sentBytes: 0,
  accepted: 0,
  dropped: 0,
  now: { open: 0, waiting: 0, ticketed: 0 },
};

/** HAProxy's commands for what `readEdgeStats` reads: of all proxies, frontends (1) and backends (2). */
export const statsCommand = `show stat -1 3 -1; ${ticketedCommand}`;

/**
 * Reads a table of HAProxy's statistics (its manual of management, section 9.1), and who has tickets.
 * @returns undefined for anything else
 */
export function readEdgeStats(told: string): EdgeStats | undefined {
  const [head = "", ...lines] = told.split("\n");
  const names = head.replace(/^# /, "").split(",");
  const rows = lines.map((line) => line.split(","));
  const sum = (kind: "FRONTEND" | "BACKEND", name: string): number => {
    const [kindAt, at] = [names.indexOf("svname"), names.indexOf(name)];
    const values = rows.filter((row) => row[kindAt] === kind).map((row) => Number(row[at]));
    return values.length === 0 ? Number.NaN : values.reduce((total, value) => total + value, 0);
  };
  const stats: EdgeStats = {
    requests: sum("FRONTEND", "req_tot"),
    refused: { "over-share": sum("FRONTEND", "dreq"), busy: sum("BACKEND", "econ") },
    sentBytes: sum("FRONTEND", "bout"),
    accepted: sum("FRONTEND", "conn_tot"),
    dropped: sum("FRONTEND", "dcon") + sum("FRONTEND", "dses"),
    now: {
      open: sum("FRONTEND", "scur"),
      waiting: sum("BACKEND", "qcur"),
      ticketed: ticketedMachines(lines) ?? Number.NaN,
    },
  };
  const { requests, refused, sentBytes, accepted, dropped, now } = stats;
  const all = [requests, refused["over-share"], refused.busy, sentBytes, accepted, dropped];
  return [...all, ...Object.values(now)].every(isCount) ? stats : undefined;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
