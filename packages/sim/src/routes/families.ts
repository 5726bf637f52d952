import type { Dice } from "../dice.ts";
import { type Behaviour, type Family, honest } from "./behaviour.ts";
import { mislabelling } from "./mislabelling.ts";
import { loginPage, lyingAboutTime, redirecting, refusing } from "./refusing.ts";
import { dead, dripping, hanging, slow } from "./silent.ts";
import { frozen, mixing, oldRoots, rollingBack, thief } from "./stale.ts";
import { corrupting, endless, truncating } from "./wrong-bytes.ts";

const families: readonly Family[] = [
  dead,
  hanging,
  dripping,
  slow,
  corrupting,
  truncating,
  endless,
  frozen,
  rollingBack,
  mixing,
  oldRoots,
  refusing,
  loginPage,
  redirecting,
  lyingAboutTime,
  mislabelling,
];

const replaying: readonly Family[] = [frozen, rollingBack, mixing, oldRoots];

/** Draws what a route does that shows only what was once out. */
export function drawReplay(dice: Dice): Behaviour {
  return dice.pick(replaying)(dice);
}

/**
 * Draws what a route does: honest, faulty, or now this and now that.
 * @param thieves whether it may have a stolen key
 */
export function drawBehaviour(dice: Dice, now: () => number, thieves: boolean): Behaviour {
  const draw = (): Behaviour => {
    if (dice.chance(1, 4)) return honest;
    return thieves && dice.chance(1, 12) ? thief(dice) : dice.pick(families)(dice);
  };
  if (!dice.chance(1, 5)) return draw();
  return flapping(draw(), draw(), dice.spread(200, 600_000), now);
}

/** Does one thing, then the other, and so on. */
function flapping(one: Behaviour, two: Behaviour, everyMs: number, now: () => number): Behaviour {
  return {
    ...((one.thief === true || two.thief === true) && { thief: true }),
    ...((one.liesDate === true || two.liesDate === true) && { liesDate: true }),
    ...((one.drips === true || two.drips === true) && { drips: true }),
    name: `flapping every ${everyMs} ms between ${one.name} and ${two.name}`,
    reply: (situation) => {
      const isOdd = Math.floor(now() / everyMs) % 2 === 1;
      return (isOdd ? two : one).reply(situation);
    },
  };
}
