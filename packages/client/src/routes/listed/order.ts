import { hash } from "node:crypto";
import type { RouteEntry } from "@causeway/kernel";

/** Who orders a list: where it stands, and what tells it from others. */
export interface Chooser {
  /** As `RouteEntry.region`; absent: anywhere. */
  readonly region?: string;
  /** Of this installation alone; it decides the draw. */
  readonly id: string;
}

/**
 * The order in which a client prefers listed routes: by priority, its own region first, then by a
 * weighted draw that is the same each time and another one for each installation (Efraimidis and
 * Spirakis, "Weighted random sampling with a reservoir", 2006). Draining ones come last.
 */
export function inOrder(
  entries: readonly RouteEntry[],
  { region, id }: Chooser,
): readonly RouteEntry[] {
  const draws = new Map(entries.map((entry) => [entry, drawOf(entry, id)]));
  const isDraining = ({ state }: RouteEntry): number => (state === "draining" ? 1 : 0);
  const isAbroad = (entry: RouteEntry): number => {
    return region === undefined || entry.region === region ? 0 : 1;
  };
  return entries.toSorted(
    (a, b) =>
      isDraining(a) - isDraining(b) ||
      a.priority - b.priority ||
      isAbroad(a) - isAbroad(b) ||
      (draws.get(a) ?? 0) - (draws.get(b) ?? 0),
  );
}

/** Exponentially distributed with the route's weight as its rate: the least is drawn first. */
function drawOf({ id, weight }: RouteEntry, chooser: string): number {
  const bits = Number.parseInt(hash("sha256", `${chooser} ${id}`, "hex").slice(0, 13), 16);
  return -Math.log((bits + 0.5) / 2 ** 52) / weight;
}
