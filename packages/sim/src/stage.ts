import { invariant, type TextRecords } from "@causeway/kernel";
import { checkersOf } from "./checkers/all.ts";
import type { Checker } from "./checkers/checker.ts";
import type { Scene } from "./checkers/scene.ts";
import { CrashPoints } from "./crash-points.ts";
import { Customer } from "./customer.ts";
import type { Dice } from "./dice.ts";
import { evilHost, goneHost, Notices } from "./directory/notices.ts";
import { Disk } from "./disk/disk.ts";
import type { Life } from "./life.ts";
import { MachineClock } from "./machine-clock.ts";
import { Line, type LineTraits } from "./network/line.ts";
import { Network } from "./network/network.ts";
import { type Behaviour, honest } from "./routes/behaviour.ts";
import { drawBusy } from "./routes/busy.ts";
import { drawEntrance } from "./routes/entrances.ts";
import { drawBehaviour, drawReplay } from "./routes/families.ts";
import { forgingLists } from "./routes/forging-lists.ts";
import { drawLeading } from "./routes/leading.ts";
import { givingReserveKeys, givingWrongKeys } from "./routes/reserve-keys.ts";
import { RouteHost } from "./routes/route-host.ts";
import { drawTickets } from "./routes/tickets.ts";
import { drawTurncoat } from "./routes/turncoat.ts";
import type { RouteDraw, Swarm } from "./swarm.ts";
import { Vendor } from "./vendor/vendor.ts";
import type { World } from "./world.ts";

/** Everybody who takes part in a drill. */
export interface Stage extends Scene {
  readonly customer: Customer;
  readonly crashes: CrashPoints;
  /** The route that is honest in the end. */
  readonly honest: RouteHost;
}

const hour = 3_600_000;
const day = 24 * hour;

/** Sets up what was drawn, with others who watch; nothing has happened yet. */
export function setStage(world: World, swarm: Swarm, watchers: readonly Checker[] = []): Stage {
  const vendor = firstVendor(world, swarm);
  const disk = new Disk(world, swarm.disk);
  const hosts: RouteHost[] = [];
  for (const [index, route] of swarm.routes.entries()) {
    const isGood = swarm.steadfast && index === swarm.honest;
    const liars = hosts.filter(({ behaviour }) => behaviour.liesDate === true).length;
    const mayLieDate = !swarm.clock.wild || liars === 0;
    hosts.push(makeHost(world, vendor, route, { isGood, mayLieDate }, swarm));
  }
  disk.strict = swarm.disk.strict;
  disk.tellsRoom = swarm.disk.tellsRoom;
  const clock = new MachineClock(world, swarm.clock.offsetMs, swarm.clock.driftPpm);
  const notices = new Notices(world, vendor, disk);
  const scene: Scene = { world, vendor, disk, clock, hosts, notices };
  const crashes = new CrashPoints(world, disk, swarm.crashes, () => customer);
  const checkers: readonly Checker[] = [...checkersOf(scene, swarm), crashes, ...watchers];
  disk.onChange = (name) => {
    for (const { diskChanged } of checkers) diskChanged?.(name);
  };
  const home = new Line(cleanTraits(5, swarm.homeBytesPerSecond), world.dice.fork("home"));
  const network = new Network(world, home, [...hosts, ...strangers(world, vendor)], checkers);
  const { pollMs, retryMs, rebootMs } = swarm;
  const isGiven = (_: RouteHost, at: number): boolean => swarm.given?.includes(at) ?? true;
  const routes = hosts.filter(isGiven).map(({ url }) => url);
  const texts = (life: Life): TextRecords => notices.records(life);
  const habits = { pollMs, retryMs, rebootMs, routes, trust: vendor.trust, texts };
  const customer = new Customer(world, { clock, disk, network }, habits, checkers);
  const good = hosts[swarm.honest];
  invariant(good !== undefined, "the honest route is one of the routes");
  return { ...scene, customer, crashes, honest: good };
}

const nobody: Behaviour = { name: "nobody", dead: true, reply: () => ({ kind: "refused" }) };

/** At names that are not the vendor's. Nobody answers: a state that is frozen there would be enough. */
function strangers(world: World, vendor: Vendor): readonly RouteHost[] {
  return [goneHost, evilHost].map((name) => {
    const line = new Line(cleanTraits(10, 1e7), world.dice.fork(name));
    return new RouteHost(world, vendor, { name, line, lagMs: 0 }, nobody);
  });
}

function drawGood(dice: Dice): Behaviour {
  return dice.chance(1, 2) ? honest : drawBusy(dice);
}

function firstVendor(world: World, { line, lifetimeMs, rootKeys, directory }: Swarm): Vendor {
  const lifetimes = {
    timestampMs: lifetimeMs,
    snapshotMs: 3 * lifetimeMs,
    targetsMs: 90 * day,
    rootMs: 365 * day,
  };
  const vendor = new Vendor(line, lifetimes, rootKeys);
  vendor.publish(world.instant - hour, directory === undefined ? {} : { list: directory.first });
  return vendor;
}

function makeHost(
  world: World,
  vendor: Vendor,
  { name, traits, lagMs, behaviour }: RouteDraw,
  { isGood, mayLieDate }: { readonly isGood: boolean; readonly mayLieDate: boolean },
  swarm: Swarm,
): RouteHost {
  const { captured, steadfast, routes, directory } = swarm;
  const dice = world.dice.fork(`route ${name}`);
  const line = new Line(isGood ? goodTraits(traits) : traits, dice.fork("line"));
  const draw = (fork: Dice): Behaviour => {
    const drawn = captured ? drawReplay(fork) : drawBehaviour(fork, () => world.now, !steadfast);
    return mayLieDate || drawn.liesDate !== true ? drawn : draw(fork);
  };
  const drawn = behaviour ?? drawTurncoat(dice.fork("turn"), draw(dice.fork("behaviour")));
  const host = { name, line, lagMs: isGood ? 0 : lagMs };
  const kept = isGood ? drawGood(dice.fork("good")) : drawn;
  // A behaviour that a test asks for is taken as it is.
  if (behaviour !== undefined) return new RouteHost(world, vendor, host, kept);
  // Whom it leads to where nothing is known of the other, it does not serve.
  const mayLead = !isGood || directory === undefined;
  const others = routes.map((other) => other.name).filter((other) => mayLead && other !== name);
  const leading = drawLeading(dice.fork("leading"), kept, others, isGood);
  const giver = {
    host: name,
    isGood,
    drawEntrance: (fork: Dice) =>
      captured ? drawReplay(fork) : drawEntrance(fork, () => world.now),
  };
  const giving = drawTickets(dice.fork("tickets"), leading, giver);
  return new RouteHost(world, vendor, host, aboutLists(dice.fork("lists"), giving, name, swarm));
}

/** What a route does about lists and keys of reserves, besides all else. */
function aboutLists(
  dice: Dice,
  behaviour: Behaviour,
  name: string,
  { directory }: Swarm,
): Behaviour {
  const giver = directory?.givers.find((each) => each.name === name);
  const isForger = directory?.forgers.includes(name) === true;
  const shown = isForger ? forgingLists(dice, behaviour) : behaviour;
  if (giver === undefined || giver.shards.length === 0 || shown.dead === true) return shown;
  const give = giver.isRight ? givingReserveKeys : givingWrongKeys;
  return give(shown, ...giver.shards);
}

/** A drawn line as it is to the route that has to be enough. */
export function goodTraits({ latencyMs, bytesPerSecond, cutAfter }: LineTraits): LineTraits {
  const clean = cleanTraits(latencyMs, bytesPerSecond);
  return cutAfter === undefined ? clean : { ...clean, cutAfter };
}

/** A line that loses nothing. */
export function cleanTraits(latencyMs: number, bytesPerSecond: number): LineTraits {
  return { latencyMs, bytesPerSecond, lossPerMille: 0, resetPerMille: 0, outages: [] };
}
