import { basename } from "node:path";
import { UsageError } from "@causeway/kernel";
import {
  editRoutes,
  type ListedPending,
  type ListedRoute,
  type RouteChange,
  type RouteEdit,
  type RoutesResult,
} from "@causeway/publisher";
import type { Command } from "commander";
import { tell } from "../commands/publish.ts";
import { passphrasesFrom } from "../passphrase.ts";
import { logTo } from "../publisher-log.ts";
import { StepScreen } from "../step-screen.ts";
import { printable } from "../terminal.ts";
import type { Context } from "../verb.ts";

const stepNames = { pages: "writing pages", carry: "writing to carriers" };

/** The options of every verb that changes the vendor's list. */
export interface ChangeOptions {
  readonly dir: string;
  readonly passphraseFile?: string;
  readonly clockIsRight?: boolean;
}

export function withChangeOptions(verb: Command): Command {
  return verb
    .option("--dir <dir>", "the vendor's folder", ".")
    .option("--passphrase-file <file>", "holds the passphrase of the keys")
    .option("--clock-is-right", "sign although the last signing was over a day later than now");
}

/** Makes the change, and tells what differs now in the signed list and what each carrier got. */
export async function changeRoute(
  edit: RouteEdit,
  { dir, passphraseFile, clockIsRight = false }: ChangeOptions,
  context: Context,
): Promise<void> {
  const { terminal, signal } = context;
  const screen = new StepScreen(terminal, stepNames, String);
  try {
    const result = await editRoutes(dir, edit, {
      passphrase: passphrasesFrom(passphraseFile, context).known,
      onProgress: screen.show,
      log: logTo(terminal),
      signal,
      isClockRight: clockIsRight,
    });
    screen.done();
    const lines = result.changes.map((change) => `  ${describeChange(change)}`);
    const told = { ...result, changes: result.changes.map(toldChange) };
    if (result.waiting !== undefined) {
      const head = `${result.repository}: prepared, and not yet public`;
      const all = [head, ...lines, ...toldWaiting(result.waiting)];
      terminal.result(told, printable(all.join("\n")));
      return;
    }
    const what = lines.length === 0 ? "the list of routes says that already" : "routes changed";
    tell(told, [`${result.repository}: ${what}`, ...lines].join("\n"), context);
  } finally {
    screen.done();
  }
}

/** What a list of routes waits for, and how it gets there. */
function toldWaiting({ file, signatures, threshold }: ListedPending): readonly string[] {
  return [
    `  ${file} has ${signatures} of ${threshold} signatures. Where another key of routes is, run`,
    `    causeway keys sign ${basename(file)} --dir DIR`,
    "  and bring the file back here: the next routes command, publish or refresh brings it out",
  ];
}

/** The same for those who wait for it to be done. @throws {UsageError} `KEY_THRESHOLD` */
export function refuseWaiting({ waiting }: RoutesResult): void {
  if (waiting === undefined) return;
  const what = `it is prepared, and not yet public: ${waiting.file} has ${waiting.signatures} of`;
  const remedy = "run causeway keys sign on it where another key of routes is";
  throw new UsageError("KEY_THRESHOLD", `${what} ${waiting.threshold} signatures; ${remedy}.`);
}

interface ToldChange extends Omit<RouteChange, "before" | "after"> {
  readonly before: ToldRoute | null;
  readonly after: ToldRoute | null;
}

type ToldRoute = Omit<ListedRoute, "urls"> & { readonly urls: readonly string[] };

/** Of a sealed route only the operator's own list tells the URL: this may stand in logs. */
export function toldChange({ id, before, after }: RouteChange): ToldChange {
  const isSealed = (after ?? before)?.sealed !== undefined;
  const told = (route: ListedRoute | null): ToldRoute | null => {
    return isSealed && route !== null ? { ...route, urls: [] } : route;
  };
  return { id, before: told(before), after: told(after) };
}

/** `mirror-eu: weight 100, now 50`, without the URLs of a sealed one. */
export function describeChange({ id, before, after }: RouteChange): string {
  if (after === null) return `${id}: no longer in the list`;
  const { sealed } = after;
  const isSealed = sealed !== undefined;
  if (before === null) {
    return `${id}: new, ${after.state}, ${isSealed ? `sealed in shard ${sealed}` : after.urls.join(" ")}`;
  }
  const urls = isSealed ? [] : (["urls"] as const);
  const others = ["kind", "region", "priority", "weight", "capacity", "sealed"] as const;
  const keys = ["state", ...urls, ...others] as const;
  const differences = keys.flatMap((key) => {
    const [was, is] = [shown(before[key]), shown(after[key])];
    return was === is ? [] : [`${key} ${was}, now ${is}`];
  });
  if (differences.length === 0) differences.push("urls changed");
  return `${id}: ${differences.join("; ")}`;
}

function shown(value: ListedRoute[keyof ListedRoute]): string {
  if (value === undefined) return "none";
  return typeof value === "object" ? value.join(" ") : String(value);
}
