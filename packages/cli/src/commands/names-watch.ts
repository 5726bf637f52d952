import { setTimeout as sleep } from "node:timers/promises";
import { nodeRandom } from "@causeway/client/node";
import {
  ask,
  type DnsName,
  findZone,
  listedServers,
  lookAtNames,
  type NameServer,
  serverNamed,
  toDnsName,
  toNameServer,
  type WatchedName,
  type WatchOrder,
  watchedNamesMax,
  watchedServersMax,
} from "@causeway/control";
import { UsageError } from "@causeway/kernel";
import type { Command } from "commander";
import { exitCodes } from "../failure.ts";
import { findingLine } from "../names/told-finding.ts";
import { printable } from "../terminal.ts";
import { addVerb, type Context, collect } from "../verb.ts";
import { wholeNumber } from "../whole-number.ts";

interface WatchOptions {
  readonly server: string;
  readonly zone?: string;
  readonly authority?: readonly string[];
  readonly resolver?: readonly string[];
  /** Seconds. */
  readonly every?: number;
}

const notes = `
Exit code 1 when a name is not gone, or a server does not tell. With --every it goes on until a name
that was gone is back, and says on standard error what else it finds.
`;

/** `causeway names watch`: a retired name stays gone, everywhere. */
export function addWatch(names: Command, context: Context): void {
  const example =
    "causeway names watch update.example.com --server 192.0.2.53 --resolver 9.9.9.9 --every 60";
  const what = "Look whether retired names are gone: at each name server, and at resolvers.";
  addVerb(names, "watch", what, example, notes)
    .argument("<name...>", "as update.example.com")
    .requiredOption("--server <address>", "a name server of the zone, as 192.0.2.53")
    .option("--zone <name>", "its zone (default: the server is asked)")
    .option(
      "--authority <address>",
      "another server of the zone; repeat (default: those that it lists)",
      collect,
    )
    .option("--resolver <address>", "a resolver that customers use; repeat", collect)
    .option("--every <seconds>", "look again, until a name is back", wholeNumber(1, 86_400))
    .action(async (texts: readonly string[], options: WatchOptions) => {
      const order = await orderOf(texts.map(toDnsName), options, context.signal);
      await watch(order, options.every, context);
    });
}

/** @throws {UsageError} @throws {NameError} */
async function orderOf(
  names: readonly DnsName[],
  options: WatchOptions,
  signal: AbortSignal,
): Promise<WatchOrder> {
  const server = toNameServer(options.server);
  const wanted = options.zone === undefined ? undefined : toDnsName(options.zone);
  const resolvers = (options.resolver ?? []).map(toNameServer);
  let others = options.authority?.map(toNameServer);
  if (names.length > watchedNamesMax) {
    throw new UsageError("USAGE_ARGUMENT", `name at most ${watchedNamesMax} names at a time.`);
  }
  const placed: { name: DnsName; zone: DnsName }[] = [];
  for (const name of names) {
    placed.push({ name, zone: (await findZone(ask, server, name, wanted)).name });
  }
  const zones = [...new Set(placed.map((each) => each.zone))];
  if (others === undefined) {
    const listed: DnsName[] = [];
    for (const zone of zones) listed.push(...(await listedServers(ask, server, zone)));
    others = [...new Set(listed)].map(serverNamed);
  }
  const authorities: readonly NameServer[] = [server, ...others];
  if (authorities.length + resolvers.length > watchedServersMax) {
    throw new UsageError("USAGE_ARGUMENT", `name at most ${watchedServersMax} servers.`);
  }
  return { names: placed, authorities, resolvers, signal };
}

async function watch(
  order: WatchOrder,
  every: number | undefined,
  context: Context,
): Promise<void> {
  const { terminal, signal } = context;
  let said = "";
  const gone = new Set<DnsName>(); // at least once: caches hold a name for a while after it went
  for (;;) {
    const watched = await lookAtNames(ask, nodeRandom(), order);
    const lines = watched.flatMap(linesOf);
    const isBack = watched.some(({ name, findings }) => {
      const isThere = findings.some(({ kind }) => kind === "answers" || kind === "delegated");
      if (!isThere) gone.add(name);
      return isThere && gone.has(name);
    });
    if (every === undefined || isBack) {
      if (watched.some((each) => each.findings.length > 0)) context.exitCode = exitCodes.failure;
      terminal.result({ names: watched.map(jsonOf) }, printable(lines.join("\n")));
      return;
    }
    const now = printable(lines.join("\n"));
    if (now !== said) terminal.say(now);
    said = now;
    await sleep(every * 1000, undefined, { signal });
  }
}

function jsonOf({ name, findings }: WatchedName): object {
  return { name, gone: findings.length === 0, findings };
}

function linesOf({ name, findings }: WatchedName): readonly string[] {
  if (findings.length === 0) return [`${name} is gone`];
  return [`${name}:`, ...findings.map((each) => `  ${findingLine(each)}`)];
}
