import {
  type DnsName,
  findZone,
  planTtl,
  readSets,
  type TtlPlan,
  toDnsName,
  ttlSecondsMax,
  usualMarginSeconds,
} from "@causeway/control";
import { toUtcSecond, UsageError } from "@causeway/kernel";
import type { Command } from "commander";
import { namePorts, placeOf, type ServerOptions, withServer } from "../names/name-place.ts";
import { futureTime } from "../names/time.ts";
import { addVerb, type Context } from "../verb.ts";
import { wholeNumber } from "../whole-number.ts";

interface PlanOptions extends ServerOptions {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly ttl: number;
  readonly margin: number;
}

const notes = `
Raise the TTL again (names restore) only after the attack has ended: until then the name may have to
move once more. Resolvers that keep more than they are told to are beyond the margin.
`;

/** `causeway names plan`: when to lower a TTL, so that a change is in force in time. */
export function addPlan(names: Command, { terminal }: Context): void {
  const example =
    "causeway names plan update.example.com --at 2026-08-16T00:00:00Z --server 192.0.2.53 --dir vendor";
  const what = "Tell when to lower the TTL and when to change, to be in force in time.";
  const plan = addVerb(names, "plan", what, example, notes)
    .argument("<name>", "as update.example.com")
    .requiredOption("--at <time>", "when the old records must be gone from caches", futureTime)
    .option("--ttl <seconds>", "what it is lowered to", wholeNumber(1, ttlSecondsMax), 60)
    .option(
      "--margin <seconds>",
      "how much longer some resolvers and secondaries take",
      wholeNumber(0, 7 * 86_400),
      usualMarginSeconds,
    );
  withServer(plan).action(async (text: string, options: PlanOptions) => {
    const { at, ttl, margin, dir } = options;
    const name = toDnsName(text);
    const { server, zone: wanted } = placeOf(options);
    const { ask, random } = namePorts(dir);
    const zone = await findZone(ask, server, name, wanted);
    const { own: sets } = await readSets(ask, random, server, name, zone.name);
    if (sets.length === 0) {
      throw new UsageError(
        "USAGE_ARGUMENT",
        `${name} has no address now; nothing is to be lowered.`,
      );
    }
    const ttlSeconds = Math.max(...sets.map((set) => set.ttlSeconds));
    const need = { now: Date.now(), effectiveAt: at, ttlSeconds, loweredTtlSeconds: ttl };
    const found = planTtl({ ...need, marginSeconds: margin });
    const times = {
      lowerBy: toUtcSecond(found.lowerBy),
      changeBy: toUtcSecond(found.changeBy),
      goneAt: toUtcSecond(found.goneAt),
      goneUnlowered: toUtcSecond(found.goneUnlowered),
    };
    const json = {
      name,
      at: toUtcSecond(at),
      ttl: ttlSeconds,
      lowered: ttl,
      margin,
      late: found.isLate,
    };
    terminal.result(
      { ...json, ...times },
      planLines(name, times, found, ttlSeconds, ttl).join("\n"),
    );
  });
}

function planLines(
  name: DnsName,
  times: Readonly<Record<"lowerBy" | "changeBy" | "goneAt" | "goneUnlowered", string>>,
  { isLate }: TtlPlan,
  ttlSeconds: number,
  lowered: number,
): readonly string[] {
  const steps = [
    `  lower the TTL from ${ttlSeconds} s to ${Math.min(lowered, ttlSeconds)} s by ${times.lowerBy}`,
    `  retire or move it by ${times.changeBy}`,
    `  the old records are gone from honest caches at ${times.goneAt}`,
  ];
  if (!isLate) return [name, ...steps];
  const late = `  it is late: do both now. Changed now without lowering, it is ${times.goneUnlowered}`;
  return [name, ...steps, late];
}
