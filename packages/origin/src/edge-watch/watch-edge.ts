import { setTimeout as sleep } from "node:timers/promises";
import { tellHaproxy } from "../edge/runtime-socket.ts";
import { defaultLimits } from "../limits.ts";
import type { Log } from "../log.ts";
import { type LoopbackServer, startLoopbackServer } from "../loopback-server.ts";
import type { AlarmBounds } from "../shield/ticket-alarms.ts";
import { EdgeFollower } from "./edge-follower.ts";
import { edgeStatsAt } from "./edge-meter.ts";
import { refusedCommand } from "./refused-machines.ts";
import { answerOfEdge } from "./watch-admin.ts";

const patienceMs = 2_000; // under a flood HAProxy answers within a fraction of one

interface EdgeWatchOptions {
  /** The runtime socket of an HAProxy whose configuration we wrote, an absolute path. */
  readonly control: string;
  /** Serves `/healthz`, `/readyz` and `/metrics` on 127.0.0.1; 0 takes a free port. */
  readonly adminPort?: number;
  /** Gets the alarms, and whether HAProxy answers. */
  readonly log: Log;
  /** When an alarm rings; default: as for an origin. */
  readonly bounds?: Partial<AlarmBounds>;
}

/** An HAProxy that is followed. */
interface WatchedEdge {
  readonly adminUrl: string | undefined;
  /** Ends it at once. */
  close(): Promise<void>;
}

/**
 * Follows an HAProxy, and each that comes after it at that socket, until `close`; it may be away as
 * long as it wants.
 * @throws {HostError} `HOST_ADDRESS` the admin port cannot be used
 */
export async function watchEdge(options: EdgeWatchOptions): Promise<WatchedEdge> {
  const { control, adminPort, log } = options;
  const over = new AbortController();
  const patience = { patienceMs, signal: over.signal };
  const bounds = { ...defaultLimits, ...options.bounds };
  const follower = new EdgeFollower(control, bounds, {
    stats: () => edgeStatsAt(control, patience),
    refused: () => tellHaproxy(control, refusedCommand, [], patience),
    clock: {
      wall: Date.now,
      sleep: (ms, signal) => sleep(ms, undefined, { ...(signal !== undefined && { signal }) }),
    },
    log,
  });
  let admin: LoopbackServer | undefined;
  if (adminPort !== undefined) {
    admin = await startLoopbackServer(adminPort, async (request, response) => {
      answerOfEdge(request, response, follower);
    });
  }
  const running = follower.run(over.signal);
  return {
    adminUrl: admin?.url,
    close: async () => {
      over.abort();
      await running;
      await admin?.close();
    },
  };
}
