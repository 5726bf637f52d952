import type { Dice } from "../dice.ts";
import { plainAnswer } from "../network/reply.ts";
import type { Behaviour } from "./behaviour.ts";

/**
 * Draws whether a route redirects some requests to another one of the drill, as servers that share
 * their load do; who that is, a liar or nobody, is none of its concern.
 * @param isGood true for the route that has to be enough: then it is few requests, drawn anew, and
 *   for files that have their hash in their name: what is new is its own to say
 */
export function drawLeading(
  dice: Dice,
  behaviour: Behaviour,
  others: readonly string[],
  isGood: boolean,
): Behaviour {
  const isLeft = behaviour.busy === true || behaviour.dead === true; // the dead answer nobody
  if (others.length === 0 || isLeft || !dice.chance(1, 5)) return behaviour;
  const to = dice.pick(others);
  const of = isGood ? dice.pick([5, 10, 20]) : dice.pick([1, 2, 5]);
  const anything = ["", "", "metadata/", "timestamp.json"];
  const part = dice.pick([...(isGood ? [] : anything), "targets/", ".pack.zst"]);
  return {
    ...behaviour,
    ...(isGood && { busy: true }),
    name: `${behaviour.name}, and leads 1 in ${of} requests of *${part}* to ${to}`,
    reply: (situation) => {
      const { path } = situation.asked;
      if (!path.includes(part) || !dice.chance(1, of)) return behaviour.reply(situation);
      return plainAnswer(302, "", { location: `http://${to}/${path}` });
    },
  };
}
