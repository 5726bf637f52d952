import { routeMbits } from "./network.ts";
import { fileLength } from "./repository.ts";
import type { Moment } from "./run.ts";
import type { ports } from "./servers.ts";

type Kind = keyof typeof ports;

/** One bad day of four routes, and what is possible on it. */
export interface Scenario {
  readonly name: string;
  /** What each route serves; the first is listed first. */
  readonly kinds: readonly [Kind, Kind, Kind, Kind];
  readonly mbits: readonly number[];
  /** The routes that fall silent, by number, and when. */
  readonly lost: readonly number[];
  readonly lostWhen: (moment: Moment) => boolean;
  /** Seconds at full speed of what is of use, by then. */
  readonly limitSeconds: number;
  /** Times the limit, to which we hold ourselves. */
  readonly target: number;
}

const wireShare = 1448 / 1514; // of what the shaper counts, TCP's payload
const routeRate = (routeMbits * 1_000_000 * wireShare) / 8; // bytes of payload per second
const honest = ["honest", "honest", "honest", "honest"] as const;
const full = [routeMbits, routeMbits, routeMbits, routeMbits] as const;
const never = (): boolean => false;
const always = (): boolean => true;

/** All routes at once, when so many of them are worth as much as one route each. */
function limit(
  routes: number,
  lost?: { readonly afterBytes: number; readonly left: number },
): number {
  const before = Math.min(lost?.afterBytes ?? fileLength, fileLength);
  return before / (routes * routeRate) + (fileLength - before) / ((lost?.left ?? 1) * routeRate);
}

const firstSeconds = 0.8;

export const scenarios: readonly Scenario[] = [
  {
    name: "all healthy",
    kinds: honest,
    mbits: full,
    lost: [],
    lostWhen: never,
    limitSeconds: limit(4),
    target: 1.2,
  },
  {
    name: "one 10x slower",
    kinds: honest,
    mbits: [routeMbits / 10, routeMbits, routeMbits, routeMbits],
    lost: [],
    lostWhen: never,
    limitSeconds: limit(3.1),
    target: 1.25,
  },
  {
    name: "one blackholed from the start",
    kinds: honest,
    mbits: full,
    lost: [0],
    lostWhen: always,
    limitSeconds: limit(3),
    target: 1.3,
  },
  {
    name: "one blackholed after 0.8 s",
    kinds: honest,
    mbits: full,
    lost: [0],
    lostWhen: ({ fileMs }) => fileMs !== undefined && fileMs >= firstSeconds * 1000,
    limitSeconds: limit(4, { afterBytes: 4 * routeRate * firstSeconds, left: 3 }),
    target: 1.5,
  },
  {
    name: "three of four dead half way",
    kinds: honest,
    mbits: full,
    lost: [0, 1, 2],
    lostWhen: ({ received }) => received >= fileLength / 2,
    limitSeconds: limit(4, { afterBytes: fileLength / 2, left: 1 }),
    target: 1.25,
  },
  {
    name: "one corrupting, a byte in each 100 kB",
    kinds: ["corrupting", "honest", "honest", "honest"],
    mbits: full,
    lost: [],
    lostWhen: never,
    limitSeconds: limit(3),
    target: 1.2,
  },
  {
    name: "one tarpit, listed first",
    kinds: ["tarpit", "honest", "honest", "honest"],
    mbits: full,
    lost: [],
    lostWhen: never,
    limitSeconds: limit(3),
    target: 1.3,
  },
];

/** One route by itself, for a program that knows no more. */
export const oneRouteSeconds: number = limit(1);
