import type { Swarm } from "./swarm.ts";
import type { Vendor } from "./vendor/vendor.ts";

const documentsLength = 60_000; // what a drill's metadata, catalogue and index come to at the most
const documentsMax = 16; // asked for one after the other, beside new roots
const roundTripsEach = 2; // to connect and to ask
const restWaitMs = 200; // at the most, before a broken answer is gone on with
const hedgeMs = 300; // how long a bad route is alone before the next one is started beside it
const deadlinesMs = 25_000; // answers that never come, stalls, a newer state that never does
/** How long a route may be left alone beside a frozen one because it was dead in earlier runs. */
export const rememberedMsMax = 90 * 60_000;
const slack = 3; // bytes that liars sent, runs that were cut, races

/** The longest that a run may take over one honest route beside others of any kind. */
export function getMsMax(swarm: Swarm, vendor: Vendor): number {
  const route = swarm.routes[swarm.honest];
  if (route === undefined) return 0;
  const count = swarm.routes.length;
  // Those who send without end take their share of the customer's own line.
  const rate = Math.min(route.traits.bytesPerSecond, swarm.homeBytesPerSecond / count);
  const lengths = vendor.patches.map(({ files }) => files.bytes.length);
  const length = documentsLength + Math.max(...lengths);
  const bytesMs = (length * 1000) / rate;
  const { cutAfter = Infinity, latencyMs } = route.traits;
  const cutsMs = (length / cutAfter) * (roundTripsEach * 2 * latencyMs + restWaitMs);
  const steps = documentsMax + vendor.newest.versions.root;
  const stepMs = roundTripsEach * 2 * latencyMs + (count - 1) * hedgeMs;
  const diskMs = steps * 3 * (swarm.disk.syncMs + swarm.disk.accessMs);
  return slack * (bytesMs + cutsMs) + steps * stepMs + diskMs + deadlinesMs;
}

/** As above, of a run that began before the route became honest. */
export function leftoverMsMax(swarm: Swarm, vendor: Vendor): number {
  const slowest = 512; // bytes per second: less is taken for silence
  const lengths = vendor.patches.map(({ files }) => files.bytes.length);
  return getMsMax(swarm, vendor) + (2 * Math.max(...lengths) * 1000) / slowest + 120_000;
}
