import type { Dice } from "../dice.ts";
import type { RouteDraw, Swarm } from "../swarm.ts";
import type { ListedHost } from "../vendor/list.ts";
import type { NoticeDraw } from "./notices.ts";

/** What of a drill is about the list of routes, announcements and keys of reserves. */
export interface DirectoryDraw {
  /** What the vendor's list says at first. */
  readonly first: readonly ListedHost[];
  readonly notices: readonly NoticeDraw[];
  /** How the customer comes to know the route that is honest in the end. */
  readonly way: "given" | "listed" | "announced" | "sealed";
  /** By the names of routes: what they do about lists and keys besides all else. */
  readonly forgers: readonly string[];
  readonly givers: readonly {
    readonly name: string;
    readonly shards: readonly number[];
    /** False: of each shard it gives a key that opens nothing. */
    readonly isRight: boolean;
  }[];
}

const shards = [1, 2, 3] as const;

/** Draws what a drill has of lists and announcements. */
export function drawDirectory(dice: Dice, swarm: Swarm): Swarm {
  const routes = swarm.routes.map((each) => ({ ...each, name: `${each.name}.example` }));
  const names = routes.map(({ name }) => name);
  const good = names[swarm.honest] ?? "";
  const isKnown = swarm.steadfast || swarm.clock.wild || routes.length === 1;
  const way = isKnown ? "given" : dice.pick(["given", "listed", "announced", "sealed"] as const);
  const others = names.flatMap((_, at) => (at === swarm.honest ? [] : [at]));
  const some = others.filter(() => dice.chance(1, 2));
  const given = [
    ...(way === "given" ? [swarm.honest] : []),
    ...(some.length === 0 && way !== "given" ? others.slice(0, 1) : some),
  ].toSorted((a, b) => a - b);
  const isGoodListed = way === "listed" || (way === "given" && dice.chance(1, 2));
  const first = names.flatMap((name): ListedHost[] => {
    const host: ListedHost = { name, state: "active", priority: dice.between(1, 2) };
    if (name !== good) return dice.chance(3, 4) ? [drawState(dice, host)] : [];
    if (way === "sealed") return [{ ...host, shard: dice.pick(shards) }];
    return isGoodListed ? [host] : [];
  });
  const lists = drawLists(dice.fork("lists"), first, { names, good, safetyMs: swarm.safetyMs });
  return {
    ...swarm,
    routes: way === "sealed" ? routes.map((each) => cutOff(each, good, swarm.safetyMs)) : routes,
    given,
    publications: [...swarm.publications, ...lists].toSorted((a, b) => a.at - b.at),
    directory: {
      first,
      way,
      notices: drawNotices(dice.fork("notices"), names, swarm),
      forgers: names.filter((name) => isFree(name, good, swarm) && dice.chance(1, 4)),
      givers: names.flatMap((name) => {
        if (!dice.chance(1, 2)) return [];
        const isRight = !isFree(name, good, swarm) || dice.chance(2, 3);
        return [{ name, shards: shards.filter(() => dice.chance(1, 2)), isRight }];
      }),
    },
  };
}

/** Whether a route may do what it likes. */
function isFree(name: string, good: string, { steadfast }: Swarm): boolean {
  return name !== good || !steadfast;
}

/** A reserve is asked last: the others are all gone before it has to be enough. */
function cutOff(route: RouteDraw, good: string, safetyMs: number): RouteDraw {
  if (route.name === good) return route;
  const { traits } = route;
  const dead = { from: safetyMs / 2, to: 1e12 };
  return { ...route, traits: { ...traits, outages: [...traits.outages, dead] } };
}

function drawState(dice: Dice, host: ListedHost): ListedHost {
  const open = { name: host.name, priority: host.priority };
  if (dice.chance(1, 4)) return { ...open, state: "active", shard: dice.pick(shards) };
  return { ...open, state: dice.pick(["active", "active", "draining"] as const) };
}

interface Named {
  readonly names: readonly string[];
  /** It is never drained, sealed anew or retired: clients are told not to rely on such ones. */
  readonly good: string;
  readonly safetyMs: number;
}

/** Lists that come later, each with a change or two. */
function drawLists(
  dice: Dice,
  first: readonly ListedHost[],
  { names, good, safetyMs }: Named,
): Swarm["publications"] {
  const times = Array.from({ length: dice.below(6) }, () => dice.below(safetyMs));
  let list = first;
  return times
    .toSorted((a, b) => a - b)
    .map((at) => {
      const changed = names.filter((name) => name !== good && dice.chance(1, 3));
      for (const name of changed) list = withChange(dice, list, name);
      return { at, what: { list } };
    });
}

/** Adds, drains, retires, restores, seals or opens one; or forgets it, or has it back. */
function withChange(dice: Dice, list: readonly ListedHost[], name: string): readonly ListedHost[] {
  const others = list.filter((host) => host.name !== name);
  if (dice.chance(1, 6)) return others;
  const host: ListedHost = { name, state: "active", priority: dice.between(1, 2) };
  if (dice.chance(1, 3)) return [...others, { ...host, state: "retired" }];
  return [...others, drawState(dice, host)];
}

function drawNotices(dice: Dice, names: readonly string[], swarm: Swarm): readonly NoticeDraw[] {
  const kinds = ["right", "right", "right", "replayed", "forged", "foreign", "cut off"] as const;
  const expired = swarm.clock.wild ? [] : (["expired"] as const);
  return Array.from({ length: dice.below(7) }, (): NoticeDraw => {
    const hosts = names.filter(() => dice.chance(1, 3)).slice(0, 4);
    return {
      at: dice.below(swarm.safetyMs),
      how: dice.pick(["file", "dns"] as const),
      kind: dice.pick([...kinds, ...expired]),
      hosts: hosts.length === 0 ? names.slice(0, 1) : hosts,
      shards: shards.filter(() => dice.chance(1, 4)),
    };
  }).toSorted((a, b) => a.at - b.at);
}
