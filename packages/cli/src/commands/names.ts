import { nodeRandom } from "@causeway/client/node";
import {
  ask,
  findZone,
  lookAtNames,
  lowered,
  loweredFrom,
  moved,
  readSets,
  restored,
  shownServer,
  shownSets,
  toDnsName,
  toNameServer,
  ttlSecondsMax,
  undoChange,
  wasRetired,
} from "@causeway/control";
import { toUtcSecond, UsageError } from "@causeway/kernel";
import type { Command } from "commander";
import { addChange, changeNotes, usualPlace } from "../names/change-verb.ts";
import {
  type ChangeOptions,
  namePorts,
  placeOf,
  reasonOf,
  type ServerOptions,
  warnOfSharedKey,
  whoIsHere,
  withKey,
  withServer,
} from "../names/name-place.ts";
import { neverThere, present } from "../names/present.ts";
import { futureTime } from "../names/time.ts";
import { changeLine, jsonOf, tellChange } from "../names/told-change.ts";
import { findingLine } from "../names/told-finding.ts";
import { printable } from "../terminal.ts";
import { addVerb, type Context, collect, helpEnd, type Register } from "../verb.ts";
import { wholeNumber } from "../whole-number.ts";
import { addPlan } from "./names-plan.ts";
import { addWatch } from "./names-watch.ts";

/** `causeway names show|plan|lower|restore|retire|move|undo|watch`: DNS names, by dynamic update. */
export const registerNames: Register = (program, context) => {
  const names = program
    .command("names")
    .description(
      "Retire, move, restore and watch DNS names, by dynamic update (RFC 2136) with TSIG.",
    )
    .addHelpText(
      "after",
      helpEnd(`causeway names retire update.example.com ${usualPlace}`, changeNotes),
    );
  addShow(names, context);
  addPlan(names, context);
  addLower(names, context);
  addRestore(names, context);
  addRetire(names, context);
  addMove(names, context);
  addUndo(names, context);
  addWatch(names, context);
};

function addLower(names: Command, context: Context): void {
  const ttlHelp = "the TTL that it shall have";
  const untilHelp = "when restore may raise it again, as 2026-08-17T00:00:00Z";
  addChange(names, context, {
    verb: "lower",
    what: "Lower the TTL, so that a later change is soon everywhere.",
    example: "--ttl 60 ",
    more: (command) => {
      return command
        .option("--ttl <seconds>", ttlHelp, wholeNumber(1, ttlSecondsMax), 60)
        .option("--until <time>", untilHelp, futureTime);
    },
    wishOf: (_name, { ttl = 60, until }) => ({
      wish: (before) => lowered(present(before), ttl),
      ...(until !== undefined && { until }),
    }),
  });
}

function addRestore(names: Command, context: Context): void {
  addChange(names, context, {
    verb: "restore",
    what: "Raise the TTL to what it was before it was lowered.",
    more: (command) => command.option("--now", "also before the time of lower --until"),
    wishOf: async (name, { dir, now = false }) => {
      const low = loweredFrom(await namePorts(dir).history.read(), name);
      if (low === undefined) {
        throw new UsageError("USAGE_ARGUMENT", `the TTL of ${name} was not lowered from here.`);
      }
      const { until = 0, before: usual } = low;
      if (Date.now() < until && !now) {
        const when = `the TTL of ${name} is to stay low until ${toUtcSecond(until)}`;
        throw new UsageError("USAGE_ARGUMENT", `${when}; --now raises it all the same.`);
      }
      return { wish: (before) => restored(present(before), usual) };
    },
  });
}

function addRetire(names: Command, context: Context): void {
  addChange(names, context, {
    verb: "retire",
    what: "Take a name out of the DNS: its A, AAAA, CNAME, HTTPS and SVCB records.",
    wishOf: () => ({ wish: () => [] }),
    after: async (name, { zone: { name: zone }, before, record }, { server, dir }) => {
      const { history } = namePorts(dir);
      if (before.length === 0 && !wasRetired(await history.read(), name)) {
        context.terminal.warn(neverThere(name));
      }
      if (record === undefined) return;
      const order = { names: [{ name, zone }], authorities: [server], resolvers: [] };
      const [watched] = await lookAtNames(ask, nodeRandom(), order);
      for (const finding of watched?.findings ?? []) context.terminal.warn(findingLine(finding));
    },
  });
}

function addMove(names: Command, context: Context): void {
  const toHelp = "where to; repeat for more addresses";
  addChange(names, context, {
    verb: "move",
    what: "Point a name to other addresses, or to another name.",
    example: "--to 198.51.100.7 ",
    more: (command) => command.requiredOption("--to <address|name>", toHelp, collect),
    wishOf: (name, { to = [] }) => ({
      wish: (before, zone) => moved(before, to, name, zone.name),
    }),
  });
}

interface UndoOptions extends Omit<ChangeOptions, "server"> {
  readonly server?: string;
}

function addUndo(names: Command, context: Context): void {
  const example = "causeway names undo 7 --key ops.key --dir vendor";
  const undo = addVerb(
    names,
    "undo",
    "Bring back what was there before a change.",
    example,
    changeNotes,
  )
    .argument("[id]", "the change (default: the last one)", wholeNumber(1, 999_999))
    .option("--server <address>", "the name server (default: where it was made)")
    .option("--dir <dir>", "the vendor's folder", ".");
  withKey(undo).action(async (id: number | undefined, options: UndoOptions) => {
    const { key: keyFile, dir, dryRun: isDry = false } = options;
    const server = options.server === undefined ? undefined : toNameServer(options.server);
    const { signal, terminal } = context;
    await warnOfSharedKey(options, terminal);
    const told = { who: whoIsHere(), why: reasonOf(options) };
    const changed = await undoChange(namePorts(dir), {
      id,
      server,
      keyFile,
      isDry,
      signal,
      ...told,
    });
    tellChange(changed.name, changed, isDry, terminal);
  });
}

function addShow(names: Command, { terminal }: Context): void {
  const example = "causeway names show update.example.com --server 192.0.2.53 --dir vendor";
  const show = addVerb(names, "show", "Show a name's records, and what was done to it.", example);
  withServer(show.argument("<name>", "as update.example.com")).action(
    async (text: string, options: ServerOptions) => {
      const name = toDnsName(text);
      const { server, zone: wanted } = placeOf(options);
      const { history } = namePorts(options.dir);
      const changes = (await history.read()).filter((each) => each.name === name);
      const zone = await findZone(ask, server, name, wanted);
      const { own: records, wildcard } = await readSets(ask, nodeRandom(), server, name, zone.name);
      const lines = [
        `${name}, in ${zone.name} (serial ${zone.serial}) at ${shownServer(server)}:`,
        ...(records.length === 0
          ? ["  no address"]
          : shownSets(records).map((each) => `  ${each}`)),
        ...shownSets(wildcard).map((each) => `  a wildcard answers in its place: ${each}`),
        ...(changes.length === 0 ? [] : ["changes:", ...changes.map(changeLine)]),
      ];
      const json = {
        name,
        zone: zone.name,
        serial: zone.serial,
        records,
        wildcard,
        changes: changes.map(jsonOf),
      };
      terminal.result(json, printable(lines.join("\n")));
    },
  );
}
