import { dirname, resolve } from "node:path";
import { durationMs, type Instant, toUtcSecond, UsageError } from "@causeway/kernel";
import { isDnsName } from "../names/dns-name.ts";
import { type NameServer, toNameServer } from "../names/name-server.ts";
import type { Action } from "./action.ts";
import { readCondition } from "./read-condition.ts";
import type { Approver, Condition, NamePlace, Runbook, Step } from "./runbook.ts";
import type { RunbookValue, StepValue } from "./runbook-value.ts";
import { stepContent } from "./step-content.ts";
import { attackTime, stepTime } from "./step-time.ts";

/** What is wrong with a part of the document, as an error that says where it stands. */
export type Fault = (path: readonly (string | number)[], what: string) => UsageError;

const dayMs = 86_400_000;
const offsetDaysMax = 1830; // no plan reaches further, and a slip of the hand does
const usualWithinMs = dayMs; // who was off for longer had better look before it is done

/**
 * Makes a runbook of what the schema has let through.
 * @param file the path of the document; others are meant from its folder
 * @throws {UsageError} `CONFIG_MALFORMED`, naming line and column
 */
export function readRunbook(value: RunbookValue, file: string, fault: Fault): Runbook {
  const folder = dirname(resolve(file));
  const attack = attackTime(value.attack);
  if (attack === undefined || toUtcSecond(attack) === "") {
    throw fault(["attack"], "there is no such time");
  }
  const dir = resolve(folder, value.dir ?? ".");
  const approvers = readApprovers(value, fault);
  const names = readNames(value, folder, fault);
  const conditions = new Map<string, Condition>();
  for (const [at, each] of (value.conditions ?? []).entries()) {
    const where = (what: string): UsageError => fault(["conditions", at], what);
    if (conditions.has(each.id)) throw where(`the condition ${each.id} is there twice`);
    conditions.set(each.id, readCondition(each, folder, where));
  }
  const ids = new Set(value.steps.map((step) => step.id));
  const seen = new Set<string>();
  const steps = value.steps.map((step, at): Step => {
    if (seen.has(step.id)) throw fault(["steps", at, "id"], `the step ${step.id} is there twice`);
    seen.add(step.id);
    const when = conditions.get(step.when ?? "");
    checkReferences(step, at, ids, when, fault);
    checkMode(step, at, approvers, fault);
    const moment = readTime(step.at, attack, (what) => fault(["steps", at, "at"], what));
    const action = actionOf(step, folder);
    if (action.verb.startsWith("names ") && names === undefined) {
      throw fault(["steps", at, "do"], "names: has to say where DNS names are changed");
    }
    const read = {
      id: step.id,
      at: moment,
      withinMs: durationMs(step.within ?? "") ?? usualWithinMs,
      when,
      after: step.after ?? [],
      mode: step.mode,
      approvals: step.approvals ?? 1,
      why: step.why ?? "",
      action,
    };
    return { ...read, content: stepContent(read, { runbook: value.name, dir, names }) };
  });
  refuseCircle(steps, fault);
  return { name: value.name, attack, dir, approvers, names, steps };
}

function readTime(
  at: string | undefined,
  attack: Instant,
  fault: (what: string) => UsageError,
): Instant | undefined {
  if (at === undefined) return undefined;
  const moment = stepTime(at, attack);
  if (moment === undefined) throw fault("there is no such time");
  if (Math.abs(moment - attack) > offsetDaysMax * dayMs) {
    throw fault(`it is at most ${offsetDaysMax}d (five years) before or after T`);
  }
  // A time of the year 10000 cannot be told.
  if (toUtcSecond(moment) === "") throw fault("there is no such time");
  return moment;
}

function readApprovers({ approvers = [] }: RunbookValue, fault: Fault): readonly Approver[] {
  const names = new Set<string>();
  const keys = new Set<string>();
  for (const [at, { name, key }] of approvers.entries()) {
    if (names.has(name)) throw fault(["approvers", at, "name"], `${name} is there twice`);
    // One person under two names would approve for two.
    if (keys.has(key)) throw fault(["approvers", at, "key"], "another person has the same key");
    names.add(name);
    keys.add(key);
  }
  return approvers;
}

function readNames({ names }: RunbookValue, folder: string, fault: Fault): NamePlace | undefined {
  if (names === undefined) return undefined;
  const { zone } = names;
  if (zone !== undefined && !isDnsName(zone)) {
    throw fault(["names", "zone"], "write it in lower case, as example.com");
  }
  let server: NameServer;
  try {
    server = toNameServer(names.server);
  } catch (cause) {
    throw fault(["names", "server"], cause instanceof Error ? cause.message : String(cause));
  }
  return { server, keyFile: resolve(folder, names.key), zone };
}

function checkReferences(
  step: StepValue,
  at: number,
  ids: ReadonlySet<string>,
  when: Condition | undefined,
  fault: Fault,
): void {
  if (step.at === undefined && step.when === undefined && step.after === undefined) {
    throw fault(["steps", at, "id"], `${step.id} needs at, when or after`);
  }
  if (step.when !== undefined && when === undefined) {
    throw fault(["steps", at, "when"], `there is no condition ${step.when}`);
  }
  if (step.within !== undefined && step.at === undefined) {
    throw fault(["steps", at, "within"], "it is for steps that have a time: at");
  }
  for (const [which, id] of (step.after ?? []).entries()) {
    if (ids.has(id)) continue;
    throw fault(["steps", at, "after", which], `there is no step ${id}`);
  }
}

function checkMode(
  { id, mode, approvals, do: action }: StepValue,
  at: number,
  approvers: readonly Approver[],
  fault: Fault,
): void {
  if (action.say !== undefined && mode !== "manual") {
    throw fault(["steps", at, "mode"], "what people are told to do is manual");
  }
  if (mode === "automatic") {
    if (approvals === undefined) return;
    throw fault(["steps", at, "approvals"], "an automatic step asks nobody; make it approved");
  }
  if (approvers.length >= (approvals ?? 1)) return;
  const what = `${id} needs ${approvals ?? 1} to approve, and approvers: lists ${approvers.length}`;
  throw fault(["steps", at, "mode"], what);
}

function actionOf({ do: action }: StepValue, folder: string): Action {
  const [verb = "say", args] = Object.entries(action)[0] ?? [];
  const said = { verb, args } as Action; // as the schema has it
  if (said.verb !== "announce" || said.args.out === undefined) return said;
  return { verb: "announce", args: { ...said.args, out: resolve(folder, said.args.out) } };
}

/** Steps that wait for each other would wait for ever. */
function refuseCircle(steps: readonly Step[], fault: Fault): void {
  const settled = new Set<string>();
  for (let left = [...steps]; left.length > 0; ) {
    const waiting = left.filter((step) => !step.after.every((id) => settled.has(id)));
    if (waiting.length === left.length) {
      const at = steps.findIndex((step) => step === waiting[0]);
      const ids = waiting.map((step) => step.id).join(", ");
      throw fault(["steps", at, "after"], `these come after each other in a circle: ${ids}`);
    }
    for (const step of left) if (!waiting.includes(step)) settled.add(step.id);
    left = waiting;
  }
}
