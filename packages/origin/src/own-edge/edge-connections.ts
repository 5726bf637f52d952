import { HostError } from "@causeway/kernel";
import { edgeLimits } from "../edge/edge-limits.ts";
import { moreOpenFiles } from "../open-files.ts";

// HAProxy 2.6 wants 32 beside those of its clients, with two threads and one port; each thread has
// some of its own, and so has each worker that it probes.
const ownFiles = 64;
const filesPerThread = 8;
const filesPerWorker = 2;
const filesPerClient = 2; // its own, and that to a worker
const least = 64; // fewer are less than Node alone takes

/**
 * How many clients an HAProxy in front takes that may have so many files open.
 * @throws {HostError} `HOST_BUSY` too few to be worth it
 */
export function edgeConnections(allowed: number, threads: number, workers: number): number {
  const own = ownFiles + threads * filesPerThread + workers * filesPerWorker;
  const most = Math.floor((allowed - own) / filesPerClient);
  if (most >= least) return Math.min(most, edgeLimits.connectionsMax);
  const what = `a process may have ${allowed} files open here, too few for HAProxy`;
  throw new HostError("HOST_BUSY", `${what}: ${moreOpenFiles}.`);
}
