import type { Dice } from "../dice.ts";
import { plainAnswer, type Reply, withBody } from "../network/reply.ts";
import type { Behaviour, Situation } from "./behaviour.ts";

type Slip = (situation: Situation, dice: Dice) => Reply;

const refuse =
  (status: number, headers = {}): Slip =>
  () =>
    plainAnswer(status, "busy\n", headers);

const slips: Readonly<Record<string, Slip>> = {
  "503": refuse(503),
  "429, wait 1 s": refuse(429, { "retry-after": "1" }),
  reset: () => ({ kind: "reset" }),
  "truncated answer": ({ honest }, dice) => {
    const answer = honest();
    return withBody(answer, { length: dice.below(answer.body.length + 1), after: "reset" });
  },
};

/** Honest and overloaded: now and then a request fails, as happens to the best under flood. */
export function drawBusy(dice: Dice): Behaviour {
  const [name, slip] = dice.pick(Object.entries(slips));
  const of = dice.pick([5, 10, 20]);
  return {
    busy: true,
    name: `honest, but one request in ${of} gets ${name}`,
    reply: (situation) => (dice.chance(1, of) ? slip(situation, dice) : situation.honest()),
  };
}
