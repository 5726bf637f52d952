import { isIP } from "node:net";
import { nodePorts, proxySettings } from "@causeway/client/node";
import {
  type Conclusion,
  conclude,
  type NameServer,
  probeRound,
  type Round,
  toNameServer,
} from "@causeway/control";
import { UsageError } from "@causeway/kernel";
import { exitCodes } from "../failure.ts";
import { jsonOfRound, textOfRound } from "../probes/told-round.ts";
import { type VendorRound, vendorRound } from "../probes/vendor-round.ts";
import { addVerb, type Register } from "../verb.ts";
import { wholeNumber } from "../whole-number.ts";

interface CheckOptions {
  readonly dir: string;
  readonly bytes: number;
  /** Seconds. */
  readonly timeout: number;
  readonly resolver?: NameServer;
  readonly private?: true;
}

const bytes = { min: 1, usual: 512 * 1024, max: 64 * 1024 * 1024 } as const;
const seconds = { min: 1, usual: 30, max: 600 } as const;

const notes = `
Each route is probed as a client asks it: with the same requests, deadlines and checks. Exit code 3
when one lies, 4 when none of them answers, and 1 when another is not well, a certificate ends within
14 days, or a retired name still leads somewhere. docs/probes.md tells what is found, and how.
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
    .action(async (ids: readonly string[], options: CheckOptions) => {
      const { dir, resolver, private: isPrivate = false } = options;
      const order = await vendorRound({ dir, ids, isPrivate, ...(resolver && { resolver }) });
      const round = await probeOnce(order, options, context.signal);
      context.exitCode = codeOf[conclude(round)];
      const json = { repository: order.name, ...jsonOfRound(round) };
      context.terminal.result(json, textOfRound(order.name, round));
    });
};

async function probeOnce(
  order: VendorRound,
  { bytes: bytesMax, timeout }: CheckOptions,
  signal: AbortSignal,
): Promise<Round> {
  // Connections of its own, or the next round would find them made.
  const ports = nodePorts({ proxies: proxySettings(process.env) });
  try {
    return await probeRound({ ...order, bytesMax, msMax: timeout * 1000, signal }, ports);
  } finally {
    ports.transport.close();
  }
}

function resolverAt(text: string): NameServer {
  const server = toNameServer(text);
  if (isIP(server.host) !== 0) return server;
  throw new UsageError("USAGE_ARGUMENT", "--resolver takes an address, as 9.9.9.9.");
}
