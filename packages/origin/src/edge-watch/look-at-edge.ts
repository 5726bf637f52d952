import { tellHaproxy } from "../edge/runtime-socket.ts";
import { defaultLimits } from "../limits.ts";
import { type EdgeSecond, edgeBetween } from "../measures/second.ts";
import { isAlarm } from "../shield/ticket-alarms.ts";
import type { RefusedMachines } from "../shield/ticket-tally.ts";
import { edgeStatsAt } from "./edge-meter.ts";
import { noEdgeStats } from "./edge-stats.ts";
import { refusedCommand, refusedLately } from "./refused-machines.ts";

/** What an HAProxy did since it started. */
interface EdgeLook extends EdgeSecond {
  /** Machines that showed good tickets in the last minute. */
  readonly ticketedMachines: number;
  /** Machines with good tickets that a rule turned away in the last minute, and how serious it is. */
  readonly ticketsRefused: readonly (RefusedMachines & { readonly alarm: boolean })[];
}

/**
 * Looks once at an HAProxy of ours.
 * @param control its runtime socket, an absolute path
 * @throws {HostError} nobody answers there, or something else
 */
export async function lookAtEdge(control: string): Promise<EdgeLook> {
  const stats = await edgeStatsAt(control);
  const refused = refusedLately(await tellHaproxy(control, refusedCommand), Date.now());
  return {
    ...edgeBetween(noEdgeStats, stats),
    ticketedMachines: stats.now.ticketed,
    ticketsRefused: refused.map((each) => ({ ...each, alarm: isAlarm(each, defaultLimits) })),
  };
}
