import type { OriginLimits } from "./limits.ts";

/** Node's own, the ways to the supervisor and its log, and room for what is about to be closed. */
const ownFiles = 64;
/** Of 1,024 files, 64 may be listeners. */
const perListener = 16;

/**
 * The same limits, lowered where a worker would have more files and sockets open than it may:
 * beyond, the system refuses its clients, and it can read no file for those whom it has.
 * @param allowed files that one process may have open
 */
export function fitOpenFiles(limits: OriginLimits, allowed: number): OriginLimits {
  const listeners = lowered(limits.listeners, allowed / perListener, 1);
  // Each listener takes one more in a turn, before those that give way are closed.
  const room = Math.max(0, allowed - ownFiles - 2 * listeners);
  const openFilesMax = lowered(limits.openFilesMax, room / 4, 1);
  const tlsConnectionsMax = lowered(limits.tlsConnectionsMax, room / 6, 1);
  const connectionsMax = lowered(limits.connectionsMax, room / 3, 1);
  const rest = room - openFilesMax - tlsConnectionsMax - connectionsMax;
  const heldMax = lowered(limits.heldMax, rest, 0);
  const openedConnectionsMax = lowered(
    limits.openedConnectionsMax,
    connectionsMax + rest - heldMax,
    connectionsMax,
  );
  // Half of the connections, as where there is room for all.
  const waitingMax =
    connectionsMax < limits.connectionsMax
      ? lowered(limits.waitingMax, connectionsMax / 2, 1)
      : limits.waitingMax;
  return {
    ...limits,
    listeners,
    openFilesMax,
    tlsConnectionsMax,
    connectionsMax,
    heldMax,
    openedConnectionsMax,
    waitingMax,
  };
}

function lowered(limit: number, room: number, least: number): number {
  return Math.min(limit, Math.max(least, Math.floor(room)));
}
