import type { Acted, Action, ActionArguments, Step, Verb } from "@causeway/control";
import { HostError, type JsonInput } from "@causeway/kernel";
import {
  editRoutes,
  type PublishResult,
  previewRoutes,
  type RouteChange,
  type RouteEdit,
} from "@causeway/publisher";
import { describeChange, refuseWaiting, toldChange } from "../routes/change-route.ts";
import { publishOptions, type Stage } from "./stage.ts";

type ListVerb = Extract<Verb, `routes ${string}`>;

type ListAction = {
  readonly [Each in ListVerb]: { readonly verb: Each; readonly args: ActionArguments[Each] };
}[ListVerb];

const changesMax = 20; // in the log; more are changed by hand, and are in the list

export async function editList(action: ListAction, stage: Stage): Promise<Acted> {
  const { isDry, runbook, step } = stage;
  const edit = editOf(action);
  if (isDry) {
    const earlier = runbook.steps.slice(0, runbook.steps.indexOf(step));
    return changesOf(await previewRoutes(runbook.dir, edit, editsOf(earlier)), []);
  }
  const result = await editRoutes(runbook.dir, edit, publishOptions(stage));
  refuseWaiting(result);
  return changesOf(result.changes, outcomeOf(result).told);
}

/** What was written where. @throws {HostError} when no carrier has it */
export function outcomeOf({ versions, routes }: PublishResult): Acted {
  const failed = routes.filter((each) => !each.ok);
  const [, ...carriers] = routes;
  if (carriers.length > 0 && carriers.every(({ ok }) => !ok)) {
    const why = routes.flatMap(({ id, error }) => (error ? [`${id}: ${error.message}`] : []));
    throw new HostError("HOST_IO", `it was not brought out: ${why.join("; ")}`);
  }
  const told = failed.map(({ id, error }) => {
    return `${id} failed: ${error?.message ?? "unknown"}; publish brings it what it lacks`;
  });
  const after = { versions: { ...versions }, failed: failed.map(({ id }) => id) };
  return { before: null, after, told: ["signed and brought out", ...told] };
}

function changesOf(changes: readonly RouteChange[], told: readonly string[]): Acted {
  const first = changes.slice(0, changesMax);
  const lines = first.map(describeChange);
  const entries = (side: "before" | "after"): JsonInput => {
    return first.map((change) => {
      const entry = toldChange(change)[side];
      return entry === null ? null : { ...entry, urls: [...entry.urls] };
    });
  };
  const what = lines.length === 0 ? ["the list of routes says that already"] : lines;
  return { before: entries("before"), after: entries("after"), told: [...what, ...told] };
}

/** The edits that steps make, in their order. */
function editsOf(steps: readonly Step[]): readonly RouteEdit[] {
  return steps.flatMap(({ action }) => (isListAction(action) ? [editOf(action)] : []));
}

function isListAction(action: Action): action is ListAction {
  return action.verb.startsWith("routes ");
}

function editOf(action: ListAction): RouteEdit {
  switch (action.verb) {
    case "routes add": {
      const { id, urls, private: isPrivate = false } = action.args;
      return { kind: "add", id, urls, isPrivate };
    }
    case "routes seal":
      return { kind: "seal", id: action.args.id };
    case "routes open":
      return { kind: "open", what: action.args.id };
    case "routes drain":
      return { kind: "drain", id: action.args.id };
    case "routes restore":
      return { kind: "restore", id: action.args.id };
    default:
      return { kind: "retire", id: action.args.id, isForced: action.args.force === true };
  }
}
