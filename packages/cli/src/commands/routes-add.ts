import {
  isRouteId,
  isRouteKind,
  type RouteKind,
  routeCapacityMax,
  routeKinds,
  routeNumberMax,
  sealedLimits,
  UsageError,
} from "@causeway/kernel";
import type { ShardChoice } from "@causeway/publisher";
import type { Command } from "commander";
import { addKnown, isUrl } from "../routes/add-known.ts";
import { type ChangeOptions, changeRoute, withChangeOptions } from "../routes/change-route.ts";
import { defaultStateFolder } from "../state-folder.ts";
import { addVerb, type Register } from "../verb.ts";
import { wholeNumber } from "../whole-number.ts";

interface AddOptions extends ChangeOptions {
  readonly state?: string;
  readonly kind?: RouteKind;
  readonly region?: string;
  readonly priority?: number;
  readonly weight?: number;
  readonly capacity?: number;
  readonly private?: true;
  readonly sealed?: true;
  readonly shard?: number;
  readonly give?: true;
}

const notes = `
With --state, or with one argument, it is a customer's: a code that the vendor announced, or the URL of
a route, for this and all later runs of get. A code is taken as it was copied, with spaces or without.
  causeway routes add "0407T0938E-NKRKAYDXW4-…" --state /var/lib/contoso
`;

/**
 * `causeway routes add`: a vendor's new route, or another URL or weight for one that is there; or
 * what a customer was told of routes.
 */
export const registerAdd: Register = (routes, context) => {
  const example =
    "causeway routes add mirror-eu https://eu.example.net/ --region eu-west --dir vendor";
  const what = "Add a route to the list, or change one; or tell this machine of routes.";
  const add = addVerb(routes, "add", what, example, notes)
    .argument("<id>", "its name in the list, as mirror-eu; or a code, or a URL")
    .argument("[url...]", "where it is reached, the best first; up to four of one server")
    .option("--state <dir>", "the state of a customer (default: the one of get)")
    .option("--kind <kind>", `${routeKinds.join(", ")} (default: origin)`, kindOf)
    .option("--region <region>", "where it stands, as eu-west")
    .option("--priority <n>", "1 is tried first (default: 1)", wholeNumber(1, routeNumberMax))
    .option(
      "--weight <n>",
      "its share among routes of the same priority (default: 100)",
      wholeNumber(1, routeNumberMax),
    )
    .option(
      "--capacity <bytes>",
      "bytes per second that it can send, for forecasts",
      wholeNumber(1, routeCapacityMax),
    )
    .option("--private", "it may lead into a private network, or to a file")
    .option("--sealed", "a reserve: encrypted in the list until causeway routes open")
    .option(
      "--shard <n>",
      "with --sealed, whose key opens it (default: a shard of its own)",
      wholeNumber(1, sealedLimits.shardMax),
    )
    .option(
      "--give",
      "with --sealed, have clients be given that key with their tickets, some each",
    );
  const act = async (id: string, urls: string[], options: AddOptions, of: Command) => {
    if (isCustomers(id, urls, options, of)) {
      requireNoId([id, ...urls], options);
      const state = options.state ?? defaultStateFolder();
      await addKnown([id, ...urls].join(" "), state, context);
      return;
    }
    requireUrl(urls);
    const { kind, region, priority, weight, capacity } = options;
    const details = {
      ...(kind !== undefined && { kind }),
      ...(region !== undefined && { region }),
      ...(priority !== undefined && { priority }),
      ...(weight !== undefined && { weight }),
      ...(capacity !== undefined && { capacity }),
    };
    const isPrivate = options.private === true;
    const shard = shardOf(options);
    const sealing = { isGiven: options.give === true, ...(shard && { shard }) };
    await changeRoute({ kind: "add", id, urls, details, isPrivate, ...sealing }, options, context);
  };
  withChangeOptions(add).action(act);
};

function shardOf({ sealed, shard, give }: AddOptions): ShardChoice | undefined {
  if (sealed === true) return shard ?? "next";
  if (shard === undefined && give === undefined) return undefined;
  throw new UsageError("USAGE_ARGUMENT", "--shard and --give go with --sealed.");
}

const shared = new Set(["state", "json", "quiet"]);

/** @throws {UsageError} when it is half a vendor's, and half a customer's */
function isCustomers(
  id: string,
  urls: readonly string[],
  options: AddOptions,
  of: Command,
): boolean {
  const isTyped = (name: string): boolean => of.getOptionValueSource(name) === "cli";
  const vendors = Object.keys(options).filter((name) => isTyped(name) && !shared.has(name));
  const isOne = urls.length === 0 || [id, ...urls].every((part) => !isUrl(part));
  if (options.state === undefined) return isOne && vendors.length === 0;
  if (isOne && vendors.length === 0) return true;
  const customers = "a customer's is routes add CODE|URL --state STATE";
  const text = `${customers}, and a vendor's routes add ID URL... --dir DIR; not both at once.`;
  throw new UsageError("USAGE_ARGUMENT", text);
}

/** Who forgot the URL meant no code. */
function requireNoId([id = "", ...others]: readonly string[], { state }: AddOptions): void {
  if (state !== undefined || others.length > 0 || !isRouteId(id)) return;
  const text = `${id} is no code, and no URL; a vendor's route is routes add ID URL... --dir DIR`;
  throw new UsageError("USAGE_ARGUMENT", `${text}.`);
}

function requireUrl(urls: readonly string[]): void {
  if (urls.length > 0) return;
  throw new UsageError("USAGE_ARGUMENT", "the URL is missing: routes add ID URL... --dir DIR.");
}

function kindOf(text: string): RouteKind {
  if (isRouteKind(text)) return text;
  throw new UsageError("USAGE_ARGUMENT", `--kind is one of ${routeKinds.join(", ")}.`);
}
