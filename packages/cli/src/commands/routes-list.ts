import { UsageError } from "@causeway/kernel";
import { listRoutes, type RoutesListed } from "@causeway/publisher";
import { describeChange } from "../routes/change-route.ts";
import { tellKnown } from "../routes/list-known.ts";
import { columns } from "../table.ts";
import { printable } from "../terminal.ts";
import { addVerb, type Register } from "../verb.ts";

interface ListOptions {
  readonly dir?: string;
  readonly state?: string;
}

const notes = `
With --state, what a customer's machine knows of routes: those given and announced, the vendor's newest
list, what is retired, and what earlier runs found of each.
  causeway routes list --state /var/lib/contoso
`;

/**
 * `causeway routes list`: what the signed list says, and what is not published yet; or what a
 * customer's state knows of routes.
 */
export const registerList: Register = (routes, context) => {
  const what = "List the routes of the signed list, or those that a state knows.";
  addVerb(routes, "list", what, "causeway routes list --dir vendor", notes)
    .option("--dir <dir>", "the vendor's folder (default: .)")
    .option("--state <dir>", "the state of a customer, instead")
    .action(async ({ dir, state }: ListOptions) => {
      if (state !== undefined) {
        if (dir !== undefined) throw bothGiven();
        await tellKnown(state, context);
        return;
      }
      const listed = await listRoutes(dir ?? ".");
      context.terminal.result(listed, table(listed));
    });
};

function bothGiven(): UsageError {
  const text = "--dir is a vendor's folder, and --state what a customer knows; name one of them.";
  return new UsageError("USAGE_ARGUMENT", text);
}

function table(listed: RoutesListed): string {
  const { repository, version, expires, routes, givenShards, announcedShards, unpublished } =
    listed;
  const head = ["id", "state", "kind", "region", "priority", "weight", "url"];
  const rows = routes.map(({ id, state, kind, region = "-", priority, weight, urls, sealed }) => {
    const isGiven = sealed !== undefined && givenShards.includes(sealed);
    const isAnnounced = sealed !== undefined && announcedShards.includes(sealed);
    const given = isGiven ? ", its key is given with tickets" : "";
    const whose = isAnnounced ? `${given}, and was announced` : given;
    const where = sealed === undefined ? "" : ` (sealed in shard ${sealed}${whose})`;
    return [id, state, kind, region, String(priority), String(weight), urls.join(" ") + where];
  });
  const lines = columns([head, ...rows]);
  const what = `${repository}: list ${version} is public, signed until ${expires || "unknown"}`;
  const told = routes.length === 0 ? ["no routes; causeway routes add ID URL adds one"] : lines;
  const changes = unpublished.map((change) => `not yet published: ${describeChange(change)}`);
  return printable([what, ...told, ...changes].join("\n"));
}
