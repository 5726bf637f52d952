import type { Dice } from "../dice.ts";
import type { Behaviour } from "./behaviour.ts";

/**
 * Draws whether a route is honest for its first answers, so that the client learns to rely on it,
 * and turns only then. Several at once look like routes that conspire.
 */
export function drawTurncoat(dice: Dice, behaviour: Behaviour): Behaviour {
  if (!dice.chance(1, 6)) return behaviour;
  const honestAnswers = dice.spread(1, 60);
  let answers = 0;
  return {
    ...behaviour,
    dead: false,
    name: `honest for ${honestAnswers} answers, then ${behaviour.name}`,
    reply: (situation) => {
      return answers++ < honestAnswers ? situation.honest() : behaviour.reply(situation);
    },
  };
}
