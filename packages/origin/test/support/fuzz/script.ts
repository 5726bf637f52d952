import { Dice } from "./dice.ts";
import { hostileRequest } from "./hostile-request.ts";
import { rightRequest } from "./right-request.ts";
import type { Site } from "./site.ts";
import { smuggledRequest } from "./smuggled-request.ts";

/** One thing that a client does. */
export type Step =
  | { readonly kind: "write"; readonly bytes: Buffer }
  | { readonly kind: "wait"; readonly ms: number };

/**
 * How it leaves: by a reset, by ending its side and reading on, by staying until the server closes,
 * or by staying without reading.
 */
export type Leave = "reset" | "end" | "stay" | "deaf";

/** What one connection does; the same for the same seed. */
export interface Script {
  readonly seed: number;
  readonly lane: "plain" | "tls";
  readonly steps: readonly Step[];
  readonly leave: Leave;
  /** Number of requests, right ones or not. */
  readonly requests: number;
  /** Every request is right, and each must be answered. */
  readonly canary: boolean;
}

export function makeScript(seed: number, site: Site): Script {
  const dice = new Dice(seed);
  const lane = dice.chance(1, 8) ? "tls" : "plain";
  if (dice.chance(1, 4)) return canary(seed, lane, dice, site);
  const messages = dice.chance(1, 100) ? flood(dice, site) : mixture(dice, site);
  const steps = split(Buffer.concat(messages), dice);
  return { seed, lane, steps, leave: leaving(dice), requests: messages.length, canary: false };
}

/** Those that hold a connection are rare: a run is to be quick. */
function leaving(dice: Dice): Leave {
  const way = dice.below(60);
  if (way < 2) return way === 0 ? "deaf" : "stay";
  return way < 20 ? "reset" : "end";
}

/** Few enough to be answered even when all come in one packet. */
function canary(seed: number, lane: Script["lane"], dice: Dice, site: Site): Script {
  const count = 1 + dice.below(8);
  const messages = Array.from({ length: count }, (_, at) => {
    return rightRequest(dice, site, at === count - 1 ? ["Connection: close"] : []);
  });
  const steps = split(Buffer.from(messages.join(""), "latin1"), dice);
  return { seed, lane, steps, leave: "stay", requests: count, canary: true };
}

/** What is wrong comes late, since a connection seldom goes on behind it. */
function mixture(dice: Dice, site: Site): readonly Buffer[] {
  const before = Array.from({ length: dice.below(8) }, () => rightRequest(dice, site));
  const wrong = Array.from({ length: 1 + dice.below(3) }, () => {
    return dice.chance(1, 3) ? smuggledRequest(dice, site) : hostileRequest(dice, site);
  });
  const behind = dice.chance(1, 2) ? [rightRequest(dice, site)] : [];
  return [...before, ...wrong, ...behind].map((text) => Buffer.from(text, "latin1"));
}

/** Far more at once than a connection may have waiting. */
function flood(dice: Dice, site: Site): readonly Buffer[] {
  const one = Buffer.from(rightRequest(dice, site), "latin1");
  return Array.from({ length: 20 + dice.below(300) }, () => one);
}

/** In one piece, in a few, or byte by byte, with pauses or without. */
function split(bytes: Buffer, dice: Dice): readonly Step[] {
  const pieces = dice.pick([1, 1, 1, 2, 3, 8, 40]);
  const cuts = Array.from({ length: pieces - 1 }, () => dice.below(bytes.length + 1));
  cuts.sort((a, b) => a - b);
  return [...cuts, bytes.length].flatMap((end, at): readonly Step[] => {
    const write: Step = { kind: "write", bytes: bytes.subarray(cuts[at - 1] ?? 0, end) };
    return dice.chance(1, 4) ? [write, { kind: "wait", ms: dice.below(3) }] : [write];
  });
}
