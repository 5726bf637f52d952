import type { Dice } from "../dice.ts";
import { type Reply, withHeaders } from "../network/reply.ts";
import type { Behaviour, Family } from "./behaviour.ts";
import { drawEntrances } from "./entrances.ts";

const header = "causeway-ticket";
const lifeSeconds = 86_400;
const checkedPath = "metadata/timestamp.json";

interface Giver {
  readonly host: string;
  /** True for the route that has to be enough: it sends no junk. */
  readonly isGood: boolean;
  /** Draws what it does at one private entrance. */
  readonly drawEntrance: Family;
}

/** Draws what a route does about tickets, besides all else that it does. */
export function drawTickets(dice: Dice, behaviour: Behaviour, giver: Giver): Behaviour {
  if (dice.chance(1, 3)) return behaviour;
  const isHonest = giver.isGood || dice.chance(2, 3);
  return isHonest ? givingTickets(behaviour, dice, giver) : givingJunk(behaviour, dice);
}

/**
 * Gives a ticket of its own, in which its name and entrances stand, to who looks for something
 * new.
 */
function givingTickets(behaviour: Behaviour, dice: Dice, { host, drawEntrance }: Giver): Behaviour {
  const { ent, entrances, name } = drawEntrances(dice.fork("entrances"), drawEntrance);
  let given = 0;
  const giving = withTickets(behaviour, `gives tickets${name}`, ({ now }) => {
    const exp = Math.floor(now / 1000) + lifeSeconds;
    return `e30.${btoa(JSON.stringify({ aud: host, exp, ent }))}.n${given++}`.replaceAll("=", "");
  });
  return { ...giving, entrances };
}

/** Sends what is no ticket as one, or one that is not its own to give. */
function givingJunk(behaviour: Behaviour, dice: Dice): Behaviour {
  const junk = dice.pick([
    "x".repeat(100_000),
    "a.b.c\r\nauthorization: Bearer a.b.c",
    "\u0000.\u0007.\u001b[2J",
    "e30..",
    `e30.${btoa('{"exp":1e300}')}.c`,
    `e30.${btoa("[".repeat(600))}.c`,
    "",
  ]);
  return withTickets(behaviour, "gives junk as tickets", () => junk);
}

function withTickets(
  behaviour: Behaviour,
  what: string,
  ticket: (asked: { readonly now: number }) => string,
): Behaviour {
  return {
    ...behaviour,
    name: `${behaviour.name}, ${what}`,
    reply: (situation): Reply => {
      const reply = behaviour.reply(situation);
      if (reply.kind !== "answer" || situation.asked.path !== checkedPath) return reply;
      return withHeaders(reply, { [header]: ticket(situation.asked) });
    },
  };
}
