import { decodeRouteList, parseJson, type RouteList } from "@causeway/kernel";
import { outputFile, stateFolder } from "./customer.ts";
import type { Disk } from "./disk/disk.ts";
import { LawBroken } from "./law.ts";
import { getMsMax, leftoverMsMax, rememberedMsMax } from "./liveness.ts";
import { honest } from "./routes/behaviour.ts";
import { goodTraits, type Stage, setStage } from "./stage.ts";
import { drawSwarm, type Swarm } from "./swarm.ts";
import { routeIdOf } from "./vendor/list.ts";
import type { Publication, Vendor } from "./vendor/vendor.ts";
import { World } from "./world.ts";

/** What became of one drill. */
export interface DrillReport {
  readonly seed: number;
  readonly swarm: Swarm;
  /** Routes and what they did. */
  readonly routes: readonly string[];
  readonly trace: readonly string[];
  /** World time at the end. */
  readonly ms: number;
  /** The law that did not hold, if one did not; 0 for what no law foresees. */
  readonly broken: Pick<LawBroken, "law" | "message"> | undefined;
}

/** Runs the drill of one seed, or one that somebody wrote. */
export async function runDrill(seed: number, written?: Swarm): Promise<DrillReport> {
  const world = new World(seed);
  const swarm = written ?? drawSwarm(world.dice.fork("swarm"));
  const stage = setStage(world, swarm);
  const routes = stage.hosts.map(({ name, behaviour }) => `${name}: ${behaviour.name}`);
  const report = (broken: LawBroken | undefined): DrillReport => {
    return { seed, swarm, routes, trace: world.trace, ms: world.now, broken };
  };
  try {
    plan(stage, swarm);
    stage.customer.boot();
    await safety(stage, swarm);
    await liveness(stage, swarm);
    return report(undefined);
  } catch (error) {
    if (error instanceof LawBroken) return report(error);
    throw error;
  }
}

/** Puts down what happens when. */
function plan(stage: Stage, swarm: Swarm): void {
  const { world, disk, clock } = stage;
  for (const { at, what } of swarm.publications) world.after(at, () => publish(stage, what));
  for (const { at, ...notice } of swarm.directory?.notices ?? []) {
    world.after(at, () => stage.notices.post(notice));
  }
  for (const { from, to } of swarm.diskFull) {
    world.after(from, () => setFull(stage, true));
    world.after(Math.min(to, swarm.safetyMs), () => setFull(stage, false));
  }
  for (const { at, ms } of swarm.clock.jumps) world.after(at, () => clock.jump(ms));
  const renew = (): void => {
    publish(stage, {});
    world.after(swarm.lifetimeMs / 3, renew);
  };
  world.after(swarm.lifetimeMs / 3, renew);
  disk.full = false;
}

function publish({ world, vendor, hosts }: Stage, what: Publication): void {
  vendor.publish(world.instant, what);
  const { number } = vendor.newest;
  world.note(`state ${number} is published: ${JSON.stringify(what)}`);
  for (const host of hosts) host.follow(number);
}

function setFull({ world, disk }: Stage, full: boolean): void {
  disk.full = full;
  world.note(full ? "the disk is full" : "the disk has room");
}

/** Anything may fail, and no law may. */
async function safety({ world }: Stage, { safetyMs }: Swarm): Promise<void> {
  let over = false;
  world.after(safetyMs, () => {
    over = true;
  });
  await world.run(() => over);
}

/**
 * Tells the customer of the route that is honest from now on, unless it must know it.
 * @returns false when the customer has not met the vendor yet: nobody can tell it by a code then
 */
function introduce(
  { world, vendor, disk, notices, honest: { name } }: Stage,
  { directory, publications }: Swarm,
): boolean {
  const { way } = directory ?? { way: "given" };
  if (way === "given") return true;
  if (!knowsSigners(vendor, disk, publications)) {
    world.note("the customer has not met the vendor, or not since it has new keys");
    return false;
  }
  const list = knownList(disk.folders.get(`${stateFolder}/route-list.json`)?.bytes);
  if (list.routes.some(({ id, state }) => id === routeIdOf(name) && state === "active"))
    return true;
  const shard = directory?.first.find((host) => host.name === name)?.shard;
  const isSealed = shard !== undefined && list.sealed?.some((box) => box.shard === shard);
  const how = { how: "file", kind: "right" } as const;
  notices.post({ ...how, hosts: isSealed ? [] : [name], shards: isSealed ? [shard] : [] });
  return true;
}

/** Whether the state says who may sign codes: by documents that its newest root still vouches for. */
function knowsSigners(vendor: Vendor, disk: Disk, publications: Swarm["publications"]): boolean {
  const folder = `${stateFolder}/metadata`;
  const documents = disk.folders.list(folder).flatMap((name) => {
    const bytes = disk.folders.get(`${folder}/${name}`)?.bytes;
    return (bytes && vendor.document(bytes)) ?? [];
  });
  const roots = documents.filter(({ role }) => role === "root");
  const rotated = publications.some(({ what }) => what.rotate?.includes("targets") === true);
  if (rotated && roots.length > 0) return false; // its targets may be of the keys before
  const timestamp = documents.find(({ role }) => role === "timestamp");
  const isWhole = documents.some(({ role }) => role === "targets") && timestamp !== undefined;
  return isWhole && timestamp.epoch >= Math.max(0, ...roots.map(({ epoch }) => epoch));
}

function knownList(bytes: Uint8Array | undefined): Pick<RouteList, "routes" | "sealed"> {
  return bytes === undefined ? { routes: [] } : decodeRouteList(parseJson(bytes, "routes.json"));
}

/** One route is honest and its line is clean, the disk has room, nothing is cut off any more. */
async function liveness(stage: Stage, swarm: Swarm): Promise<void> {
  const { world, vendor, disk, customer, crashes, honest: good } = stage;
  const dice = world.dice.fork("liveness");
  const stolen = stage.hosts.some(({ behaviour }) => behaviour.thief === true);
  crashes.armed = false;
  if (disk.full) setFull(stage, false);
  good.behaviour = honest;
  good.line.traits = goodTraits(good.line.traits);
  if (stolen) {
    vendor.lockUp();
    publish(stage, { rotate: ["timestamp"] });
  }
  if (dice.chance(1, 2)) publish(stage, { patch: true });
  good.catchUp(vendor.newest.number);
  if (!introduce(stage, swarm)) return;
  world.note(`from now on ${good.name} is honest`);
  if (dice.chance(1, 2)) customer.crash("kill");
  const waitMs = Math.max(swarm.pollMs, swarm.retryMs) + swarm.rebootMs;
  const leftMs =
    Math.max(rememberedMsMax, good.restUntil - world.now) + leftoverMsMax(swarm, vendor);
  const deadline = world.now + leftMs + waitMs + getMsMax(swarm, vendor);
  let late = false;
  world.after(deadline - world.now, () => {
    late = true;
  });
  const isNewest = (): boolean => {
    const bytes = disk.folders.get(outputFile)?.bytes;
    return bytes !== undefined && vendor.patchOf(bytes) === vendor.newestPatch;
  };
  let watched: unknown;
  let newest = false;
  await world.run(() => {
    const file = disk.folders.get(outputFile);
    if (file !== watched) newest = isNewest();
    watched = file;
    return newest || late;
  });
  if (newest) return;
  world.broke(2, `beside the honest ${good.name} the newest patch is not here in time`);
  await world.run(() => true);
}
