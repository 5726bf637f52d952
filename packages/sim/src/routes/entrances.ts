import type { Dice } from "../dice.ts";
import { type Behaviour, type Family, honest } from "./behaviour.ts";
import { drawBehaviour } from "./families.ts";
import { drawTurncoat } from "./turncoat.ts";

/** The private entrances of one route. */
interface DrawnEntrances {
  /** What its tickets say of them. */
  readonly ent: unknown;
  readonly entrances: ReadonlyMap<number, Behaviour>;
  readonly name: string;
}

const firstPort = 9001;
/** Lists that name no entrance: a client that asked there could be sent to anybody's mail server. */
const nonsense: readonly unknown[] = [
  [25],
  [firstPort, 22],
  [9001, 9002, 9003, 9004, 9005],
  ["9001"],
  [0],
  [65_536],
  [9001.5],
  9001,
  {},
  [],
];

/** Draws which entrances a route's tickets name, if any, and what is there. */
export function drawEntrances(dice: Dice, draw: Family): DrawnEntrances {
  const none = { entrances: new Map() };
  if (dice.chance(1, 3)) return { ...none, ent: undefined, name: "" };
  if (dice.chance(1, 6)) {
    const ent = dice.pick(nonsense);
    return { ...none, ent, name: ` that name ${JSON.stringify(ent)}` };
  }
  const ent = Array.from({ length: dice.between(1, 4) }, (_, index) => firstPort + index);
  const entrances = new Map(ent.map((port) => [port, draw(dice.fork(`entrance ${port}`))]));
  const told = [...entrances].map(([port, { name }]) => `${port} (${name})`);
  return { ent, entrances, name: ` that name ${told.join(", ")}` };
}

/**
 * Draws what is at an entrance: the same server, as a rule, or whoever has the port by now. Who
 * has a stolen key or lies about the time does so at public addresses: laws count those. Where the
 * entrance of an honest route drips, the route itself does.
 */
export function drawEntrance(dice: Dice, now: () => number): Behaviour {
  if (dice.chance(1, 2)) return honest;
  const drawn = drawTurncoat(dice.fork("turn"), drawBehaviour(dice, now, false));
  return drawn.liesDate === true || drawn.drips === true ? drawEntrance(dice, now) : drawn;
}
