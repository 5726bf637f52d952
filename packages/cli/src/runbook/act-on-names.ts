import {
  type Acted,
  type ActionArguments,
  type Changed,
  type ChangeOrder,
  changeName,
  checkKeyFile,
  type DnsName,
  lowered,
  loweredFrom,
  moved,
  planTtl,
  type RecordSets,
  restored,
  shownSets,
  toDnsName,
  usualMarginSeconds,
  wasRetired,
} from "@causeway/control";
import { invariant, type JsonInput, toUtcSecond, UsageError } from "@causeway/kernel";
import type { Log } from "@causeway/publisher";
import { namePorts } from "../names/name-place.ts";
import { neverThere, present } from "../names/present.ts";
import { sharedSecret } from "../shared-secret.ts";
import type { Stage } from "./stage.ts";

const usualTtlSeconds = 60;

export async function lowerTtl(args: ActionArguments["names lower"], stage: Stage): Promise<Acted> {
  const { name, ttl = usualTtlSeconds } = args;
  const wish = (before: RecordSets): RecordSets => lowered(present(before), ttl);
  const changed = await change("lower", name, wish, stage);
  return acted(name, changed, stage.isDry ? ttlRemarks(changed.before, ttl, stage) : []);
}

export async function restoreTtl(
  { name }: ActionArguments["names restore"],
  stage: Stage,
): Promise<Acted> {
  const { history } = namePorts(stage.runbook.dir);
  const usual = loweredFrom(await history.read(), toDnsName(name))?.before;
  // Done before, or not lowered yet when the runbook is checked.
  const wish = (before: RecordSets): RecordSets => {
    return usual === undefined ? before : restored(present(before), usual);
  };
  return acted(name, await change("restore", name, wish, stage));
}

export async function retireName(
  { name }: ActionArguments["names retire"],
  stage: Stage,
): Promise<Acted> {
  const changed = await change("retire", name, () => [], stage);
  if (changed.before.length === 0) await refuseNeverThere(toDnsName(name), stage);
  return acted(name, changed);
}

/** @throws {UsageError} `USAGE_ARGUMENT` the name is likely misspelled: the right one would stay */
async function refuseNeverThere(name: DnsName, { runbook, isDry }: Stage): Promise<void> {
  const isMoved = runbook.steps.some(({ action }) => {
    return action.verb === "names move" && toDnsName(action.args.name) === name;
  });
  if (isDry && isMoved) return; // it may have none before that step
  const { history } = namePorts(runbook.dir);
  if (wasRetired(await history.read(), name)) return;
  const message = `${neverThere(name)} If somebody else took it out, leave this step out.`;
  throw new UsageError("USAGE_ARGUMENT", message);
}

export async function moveName(
  { name, to }: ActionArguments["names move"],
  stage: Stage,
): Promise<Acted> {
  const dnsName = toDnsName(name);
  const wish: ChangeOrder["wish"] = (before, zone) => moved(before, to, dnsName, zone.name);
  return acted(name, await change("move", name, wish, stage));
}

async function change(
  verb: ChangeOrder["verb"],
  name: string,
  wish: ChangeOrder["wish"],
  { runbook, step, isDry, who, now, signal, log }: Stage,
): Promise<Changed> {
  const { names, dir } = runbook;
  invariant(names !== undefined, "a runbook that changes names says where");
  const { server, keyFile, zone } = names;
  if (isDry) await checkKeyFile(keyFile);
  else await logSharedKey(keyFile, log);
  const ports = { ...namePorts(dir), now };
  return changeName(ports, {
    verb,
    name: toDnsName(name),
    server,
    ...(zone !== undefined && { zone: toDnsName(zone) }),
    keyFile,
    who,
    why: step.why,
    isDry,
    signal,
    wish,
  });
}

/** Tells of a TSIG key that others on this machine can read. */
export async function logSharedKey(keyFile: string, log: Log): Promise<void> {
  const message = await sharedSecret(keyFile);
  if (message !== undefined) log({ level: "warning", message });
}

function acted(name: string, changed: Changed, remarks: readonly string[] = []): Acted {
  const { before, after, script } = changed;
  const told =
    script === undefined
      ? [`${name} is that way already`]
      : [
          ...shownSets(before).map((line) => `${name} - ${line}`),
          ...shownSets(after).map((line) => `${name} + ${line}`),
        ];
  return { before: jsonOf(before), after: jsonOf(after), told: [...told, ...remarks] };
}

function jsonOf(sets: RecordSets): JsonInput {
  return sets.map((set) => ({ ...set, values: [...set.values] }));
}

/** Whether a TTL is lowered early enough for a change that is in force at T. */
function ttlRemarks(
  before: RecordSets,
  ttl: number,
  { step, runbook, now }: Stage,
): readonly string[] {
  const lowersAt = step.at ?? now();
  const effectiveAt = runbook.attack;
  if (lowersAt > effectiveAt) return [];
  const ttlSeconds = Math.max(0, ...before.map((set) => set.ttlSeconds));
  const need = { ttlSeconds, loweredTtlSeconds: ttl, marginSeconds: usualMarginSeconds };
  const plan = planTtl({ now: lowersAt, effectiveAt, ...need });
  const changeBy = `for T, retire or move it by ${toUtcSecond(plan.changeBy)}`;
  if (!plan.isLate) return [changeBy];
  return [`that is late: caches may keep the old address until ${toUtcSecond(plan.goneAt)}`];
}
