import { invariant } from "@causeway/kernel";
import type { Dice } from "../dice.ts";

/** Machines that are numbered next to each other: a network, or a customer. 1: each for itself. */
export type UnitSize = number;

/** A fleet whose machines hold keys of reserves, and an attacker who holds some of the machines. */
export interface ReservePlan {
  readonly clients: number;
  /** Reserves whose keys are given out, each in a shard of its own. */
  readonly shards: number;
  /** How many of them each machine is given; as many as there are: an unsharded list. */
  readonly perClient: number;
  /** Machines of one unit are given the same. */
  readonly given: UnitSize;
  /** The attacker captures whole units. */
  readonly captured: UnitSize;
  /** How much of the fleet it captures; one unit at the least. */
  readonly capturedPercent: number;
}

export interface AttackOutcome {
  /** Shards that captured machines held; the attacker kills their routes. */
  readonly seen: number;
  /** Machines that were not captured, in their order, and whether each still has a route. */
  readonly reached: readonly boolean[];
}

/** What is left of the reserves when the attacker has killed all that it sees. */
export function attackReserves(plan: ReservePlan, dice: Dice): AttackOutcome {
  const { clients, shards, perClient, given, capturedPercent } = plan;
  invariant(perClient >= 1 && perClient <= shards, "a client holds some of the keys there are");
  const draws = Array.from({ length: Math.ceil(clients / given) }, () => {
    return sample(shards, perClient, dice);
  });
  const heldBy = (client: number): readonly number[] => draws[Math.floor(client / given)] ?? [];
  const target = Math.max(1, Math.round((clients * capturedPercent) / 100));
  const captured = capture(plan, target, dice);
  const seen = new Set([...captured].flatMap(heldBy));
  const reached = Array.from({ length: clients }, (_, at) => at)
    .filter((client) => !captured.has(client))
    .map((client) => heldBy(client).some((shard) => !seen.has(shard)));
  return { seen: seen.size, reached };
}

function capture(
  { clients, captured: size }: ReservePlan,
  target: number,
  dice: Dice,
): ReadonlySet<number> {
  const units = Math.ceil(clients / size);
  const captured = new Set<number>();
  for (const unit of sample(units, units, dice)) {
    for (let at = unit * size; at < Math.min(clients, (unit + 1) * size); at++) {
      if (captured.size < target) captured.add(at);
    }
    if (captured.size >= target) break;
  }
  return captured;
}

/** `count` different numbers below `bound` (Fisher and Yates, stopped early). */
function sample(bound: number, count: number, dice: Dice): readonly number[] {
  const moved = new Map<number, number>();
  return Array.from({ length: count }, (_, at) => {
    const from = dice.between(at, bound - 1);
    const value = moved.get(from) ?? from;
    moved.set(from, moved.get(at) ?? at);
    return value;
  });
}
