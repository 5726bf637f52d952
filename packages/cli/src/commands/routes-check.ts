import { isIP } from "node:net";
import path from "node:path";
import { toHostError } from "@causeway/client/internal/host-error";
import { makeFolders } from "@causeway/client/internal/make-folders";
import { nodeClock, nodePorts, nodeRandom, proxySettings } from "@causeway/client/node";
import {
  type Conclusion,
  cautiousPolicy,
  conclude,
  keepProbing,
  type NameServer,
  ProbeHistory,
  probeRound,
  type Round,
  type RoundOrder,
  summarise,
  toNameServer,
} from "@causeway/control";
import { CausewayError, durationMs, UsageError } from "@causeway/kernel";
import { InvalidArgumentError } from "commander";
import { describeFailure, exitCodes } from "../failure.ts";
import { interval } from "../interval.ts";
import { actOnProposals, proposalLines, type ToldProposals } from "../probes/act-on-proposals.ts";
import { customerRound, refuseVendorsOptions } from "../probes/customer-check.ts";
import { loadPolicy } from "../probes/load-policy.ts";
import { jsonOfSummary, textOfSummaries } from "../probes/told-history.ts";
import { changedLines, jsonOfRound, textOfRound } from "../probes/told-round.ts";
import { vendorRound } from "../probes/vendor-round.ts";
import { collectRoutes } from "../route-option.ts";
import { addVerb, type Context, type Register } from "../verb.ts";
import { wholeNumber } from "../whole-number.ts";

interface CheckOptions {
  readonly dir: string;
  readonly bytes: number;
  /** Seconds. */
  readonly timeout: number;
  readonly resolver?: NameServer;
  readonly private?: true;
  readonly state?: string;
  readonly route?: readonly string[];
  readonly trust?: string;
  readonly policy?: string;
  readonly passphraseFile?: string;
  /** Milliseconds. */
  readonly every?: number;
  readonly history?: true;
  /** Milliseconds. */
  readonly since: number;
}

const bytes = { min: 1, usual: 512 * 1024, max: 64 * 1024 * 1024 } as const;
const seconds = { min: 1, usual: 30, max: 600 } as const;
const everyMs = { min: 10_000, max: 24 * 3_600_000 } as const;

const ownMode = 0o700; // the URLs of sealed routes are in it

const notes = `
Each route is probed as a client asks it: with the same requests, deadlines and checks. Exit code 3
when one lies, 4 when none of them answers, and 1 when another is not well, a certificate ends within
14 days, or a retired name still leads somewhere. What is found is kept in probes/ of the vendor's
folder, and changes of the list are proposed by it; they are made only as far as --policy says.
With --state it is a customer's: what this machine would ask is probed, once.
docs/probes.md tells what is found, and how.
`;

const codeOf: Readonly<Record<Conclusion, number>> = {
  good: exitCodes.done,
  faulty: exitCodes.failure,
  unreachable: exitCodes.unreachable,
  lying: exitCodes.verification,
};

/** `causeway routes check`: what clients find at each route. */
export const registerCheck: Register = (routes, context) => {
  const what = "Probe routes from here as a client does: reachable, fast, right, fresh.";
  addVerb(routes, "check", what, "causeway routes check --dir vendor", notes)
    .argument("[id...]", "names in the list (default: all that are not retired)")
    .option("--dir <dir>", "the vendor's folder", ".")
    .option(
      "--bytes <n>",
      "how much of a patch each route is asked for, in whole chunks",
      wholeNumber(bytes.min, bytes.max),
      bytes.usual,
    )
    .option(
      "--timeout <seconds>",
      "how long each of three looks at a route may take",
      wholeNumber(seconds.min, seconds.max),
      seconds.usual,
    )
    .option("--resolver <address>", "a name server to look up retired names at", resolverAt)
    .option("--private", "routes may lead into a private network, or to this machine")
    .option(
      "--every <time>",
      "go on, as 60s or 5m, until it is stopped",
      interval(everyMs.min, everyMs.max),
    )
    .option("--policy <file>", "says which changes are made without being asked: probes.yaml")
    .option("--passphrase-file <file>", "holds the passphrase of the keys, for those")
    .option("--history", "probe nothing; sum up what was found")
    .option("--since <time>", "how far the history goes back, as 24h or 7d", sinceMs, 86_400_000)
    .option("--state <dir>", "a customer's state: probe what this machine knows")
    .option("--route <url>", "with --state: one more; repeat", collectRoutes)
    .option("--trust <file>", "with --state: the vendor's root.json, where it knows none")
    .action(async (ids: readonly string[], options: CheckOptions) => {
      if (options.state !== undefined) {
        await checkKnown(ids, options.state, options, context);
        return;
      }
      if (options.route !== undefined || options.trust !== undefined) {
        throw new UsageError("USAGE_ARGUMENT", "--route and --trust go with --state.");
      }
      if (options.history === true) await tellHistory(ids, options, context);
      else await check(ids, options, context);
    });
};

/** A round, and what it led to. */
interface Checked {
  readonly name: string;
  readonly round: Round;
  readonly proposals: ToldProposals;
  /** Whether it is in the history, and was thought about. */
  readonly isKept: boolean;
}

async function check(
  ids: readonly string[],
  options: CheckOptions,
  context: Context,
): Promise<void> {
  const { dir, every, policy: file } = options;
  const { terminal, signal } = context;
  const policy = file === undefined ? cautiousPolicy : await loadPolicy(file);
  const probe = (resting?: RoundOrder["resting"]): Promise<Named> => {
    return probeOnce(ids, options, resting, signal);
  };
  const first = await probe();
  let history: ProbeHistory | undefined;
  const keep = async ({ name, ...round }: Named): Promise<Checked> => {
    try {
      history ??= await openHistory(dir);
      history.add(round);
      const proposals = await actOnProposals(round, history, policy, options, context);
      return { name, round, proposals, isKept: true };
    } catch (error) {
      if (signal.aborted || !(error instanceof CausewayError)) throw error;
      // What was found is needed most where a disk is full.
      terminal.warn(describeFailure(error).text);
      return { name, round, proposals: { isCutOff: false, proposals: [] }, isKept: false };
    }
  };
  try {
    let last = await keep(first);
    if (every === undefined) {
      tell(last, context);
      return;
    }
    terminal.say(textOf(last));
    const keeping = keepProbing(first, {
      everyMs: every,
      probe,
      onRound: async (named) => {
        const next = await keep(named);
        for (const line of changedLines(last.round, next.round)) terminal.say(line);
        for (const line of newLines(last.proposals, next.proposals)) terminal.say(line);
        last = next;
      },
      onFailure: (error) => terminal.warn(describeFailure(error).text),
      clock: nodeClock(),
      random: nodeRandom(),
      signal,
    });
    await keeping.catch((error: unknown) => {
      if (!signal.aborted) throw error; // else it was told to end, and does
    });
    tell(last, context);
  } finally {
    history?.close();
  }
}

/** The customer's side. */
async function checkKnown(
  ids: readonly string[],
  state: string,
  options: CheckOptions,
  context: Context,
): Promise<void> {
  refuseVendorsOptions(ids, options);
  const { bytes: bytesMax, timeout, route, trust } = options;
  const bounds = { state, bytesMax, msMax: timeout * 1000 };
  const more = { ...(route && { route }), ...(trust !== undefined && { trust }) };
  const round = await customerRound({ ...bounds, ...more }, context);
  context.exitCode = codeOf[conclude(round)];
  context.terminal.result({ state, ...jsonOfRound(round) }, textOfRound(state, round));
}

function tell(checked: Checked, context: Context): void {
  const { name, round, proposals, isKept } = checked;
  const code = codeOf[conclude(round)];
  context.exitCode = code === exitCodes.done && !isKept ? exitCodes.failure : code;
  const json = { repository: name, ...jsonOfRound(round), ...proposals, isKept };
  context.terminal.result(json, textOf(checked));
}

function textOf({ name, round, proposals }: Checked): string {
  return [textOfRound(name, round), ...proposalLines(proposals)].join("\n");
}

function newLines(before: ToldProposals, now: ToldProposals): readonly string[] {
  const said = new Set(proposalLines(before));
  return proposalLines(now).filter((line) => !said.has(line));
}

async function tellHistory(
  ids: readonly string[],
  { dir, since }: CheckOptions,
  { terminal }: Context,
): Promise<void> {
  const history = await openHistory(dir);
  try {
    const all = summarise(history.since(Date.now() - since));
    const told = all.filter(({ id }) => ids.length === 0 || ids.includes(id));
    terminal.result({ routes: told.map(jsonOfSummary) }, textOfSummaries(told));
  } finally {
    history.close();
  }
}

/** @throws {HostError} */
async function openHistory(dir: string): Promise<ProbeHistory> {
  const folder = path.resolve(dir, "probes");
  try {
    await makeFolders(folder, ownMode);
  } catch (cause) {
    throw toHostError(cause, `make the folder ${folder}`);
  }
  return new ProbeHistory(path.join(folder, "history.sqlite"));
}

/** A round, and of whose list. */
interface Named extends Round {
  readonly name: string;
}

async function probeOnce(
  ids: readonly string[],
  options: CheckOptions,
  resting: RoundOrder["resting"],
  signal: AbortSignal,
): Promise<Named> {
  const { dir, bytes: bytesMax, timeout, resolver, private: isPrivate = false } = options;
  const order = await vendorRound({ dir, ids, isPrivate, ...(resolver && { resolver }) });
  // Connections of its own, or the next round would find them made.
  const ports = nodePorts({ proxies: proxySettings(process.env) });
  try {
    const bounds = { bytesMax, msMax: timeout * 1000, ...(resting && { resting }) };
    const round = await probeRound({ ...order, ...bounds, signal }, ports);
    return { ...round, name: order.name };
  } finally {
    ports.transport.close();
  }
}

function resolverAt(text: string): NameServer {
  const server = toNameServer(text);
  if (isIP(server.host) !== 0) return server;
  throw new UsageError("USAGE_ARGUMENT", "--resolver takes an address, as 9.9.9.9.");
}

function sinceMs(text: string): number {
  const ms = durationMs(text);
  if (ms !== undefined) return ms;
  throw new InvalidArgumentError("Write a time as 90m, 24h or 7d.");
}
