import { listRoutes, type RoutesListed } from "@causeway/publisher";
import { describeChange } from "../routes/change-route.ts";
import { columns } from "../table.ts";
import { printable } from "../terminal.ts";
import { addVerb, type Register } from "../verb.ts";

interface ListOptions {
  readonly dir: string;
}

/** `causeway routes list`: what the signed list says, and what is not published yet. */
export const registerList: Register = (routes, { terminal }) => {
  addVerb(
    routes,
    "list",
    "List the routes of the signed list.",
    "causeway routes list --dir vendor",
  )
    .option("--dir <dir>", "the vendor's folder", ".")
    .action(async ({ dir }: ListOptions) => {
      const listed = await listRoutes(dir);
      terminal.result(listed, table(listed));
    });
};

function table(listed: RoutesListed): string {
  const { repository, version, expires, routes, givenShards, unpublished } = listed;
  const head = ["id", "state", "kind", "region", "priority", "weight", "url"];
  const rows = routes.map(({ id, state, kind, region = "-", priority, weight, urls, sealed }) => {
    const isGiven = sealed !== undefined && givenShards.includes(sealed);
    const whose = isGiven ? ", its key is given with tickets" : "";
    const where = sealed === undefined ? "" : ` (sealed in shard ${sealed}${whose})`;
    return [id, state, kind, region, String(priority), String(weight), urls.join(" ") + where];
  });
  const lines = columns([head, ...rows]);
  const what = `${repository}: list ${version} is public, signed until ${expires || "unknown"}`;
  const told = routes.length === 0 ? ["no routes; causeway routes add ID URL adds one"] : lines;
  const changes = unpublished.map((change) => `not yet published: ${describeChange(change)}`);
  return printable([what, ...told, ...changes].join("\n"));
}
