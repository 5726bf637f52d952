import type { Runbook, Verb } from "@causeway/control";
import type { RoleName } from "@causeway/publisher";

const listKeys = ["routes", "snapshot", "timestamp"] as const;

/** Which keys of the vendor's folder each verb signs with. */
const needs: Readonly<Partial<Record<Verb, readonly RoleName[]>>> = {
  "routes add": listKeys,
  "routes drain": listKeys,
  "routes restore": listKeys,
  "routes retire": listKeys,
  "routes seal": listKeys,
  "routes open": listKeys,
  publish: ["patches", ...listKeys],
  refresh: ["snapshot", "timestamp"],
  announce: ["routes"],
};

/** The roles with whose keys the runner of these steps signs. */
export function neededKeys({ steps }: Pick<Runbook, "steps">): readonly RoleName[] {
  return [...new Set(steps.flatMap(({ action }) => needs[action.verb] ?? []))];
}
