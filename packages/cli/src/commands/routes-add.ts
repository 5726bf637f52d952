import {
  isRouteKind,
  type RouteKind,
  routeCapacityMax,
  routeKinds,
  routeNumberMax,
  sealedLimits,
  UsageError,
} from "@causeway/kernel";
import type { ShardChoice } from "@causeway/publisher";
import { type ChangeOptions, changeRoute, withChangeOptions } from "../routes/change-route.ts";
import { addVerb, type Register } from "../verb.ts";
import { wholeNumber } from "../whole-number.ts";

interface AddOptions extends ChangeOptions {
  readonly kind?: RouteKind;
  readonly region?: string;
  readonly priority?: number;
  readonly weight?: number;
  readonly capacity?: number;
  readonly private?: true;
  readonly sealed?: true;
  readonly shard?: number;
}

/** `causeway routes add`: a new route, or another URL or weight for one that is there. */
export const registerAdd: Register = (routes, context) => {
  const example =
    "causeway routes add mirror-eu https://eu.example.net/ --region eu-west --dir vendor";
  const add = addVerb(routes, "add", "Add a route to the list, or change one.", example)
    .argument("<id>", "its name in the list, as mirror-eu")
    .argument("<url...>", "where it is reached, the best first; up to four of one server")
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
    );
  withChangeOptions(add).action(async (id: string, urls: string[], options: AddOptions) => {
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
    const edit = { kind: "add", id, urls, details, isPrivate, ...(shard && { shard }) } as const;
    await changeRoute(edit, options, context);
  });
};

function shardOf({ sealed, shard }: AddOptions): ShardChoice | undefined {
  if (sealed === true) return shard ?? "next";
  if (shard === undefined) return undefined;
  throw new UsageError("USAGE_ARGUMENT", "--shard goes with --sealed.");
}

function kindOf(text: string): RouteKind {
  if (isRouteKind(text)) return text;
  throw new UsageError("USAGE_ARGUMENT", `--kind is one of ${routeKinds.join(", ")}.`);
}
