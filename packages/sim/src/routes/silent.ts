import { withBody } from "../network/reply.ts";
import type { Family } from "./behaviour.ts";

/** Nobody is there: connections are refused, broken, or vanish. */
export const dead: Family = (dice) => {
  const kind = dice.pick(["refused", "reset", "silence"] as const);
  return { name: `dead (${kind})`, dead: true, reply: () => ({ kind }) };
};

/** Takes requests, and stops before the headers or within the body; the flooded way to die. */
export const hanging: Family = (dice) => {
  const after = dice.pick([undefined, 0, 1, dice.spread(10, 200_000)]);
  if (after === undefined) return { name: "hanging", reply: () => ({ kind: "silence" }) };
  return {
    name: `hanging after ${after} bytes`,
    reply: ({ honest }) => {
      const answer = honest();
      if (answer.body.length <= after) return answer;
      return withBody(answer, { length: after, after: "silence" });
    },
  };
};

/** Sends a little now and then: a tarpit. */
export const dripping: Family = (dice) => {
  const drip = { bytes: dice.spread(1, 4_000), everyMs: dice.spread(20, 3_500) };
  return {
    drips: true,
    name: `dripping ${drip.bytes} bytes every ${drip.everyMs} ms`,
    reply: ({ honest }) => withBody(honest(), { drip }),
  };
};

/** Thinks long before each answer. */
export const slow: Family = (dice) => {
  const thinkMs = dice.spread(200, 20_000);
  return {
    name: `slow to answer (${thinkMs} ms)`,
    reply: ({ honest }) => ({ ...honest(), thinkMs }),
  };
};
