import path from "node:path";
import { toUtcSecond, UsageError } from "@causeway/kernel";
import {
  fleetLimits,
  giveFleetTicket,
  noPolicy,
  readPolicyFile,
  unnamedRoute,
} from "@causeway/origin";
import { readConfig } from "@causeway/publisher";
import { formatCount } from "../format.ts";
import { policyFile } from "../policy-file.ts";
import { ticketKeysFile } from "../ticket-keys-file.ts";
import { addVerb, type Register } from "../verb.ts";
import { wholeNumber } from "../whole-number.ts";

interface FleetOptions {
  readonly machines: number;
  readonly route?: string;
  readonly url?: string;
  readonly days: number;
  readonly output?: string;
  readonly dir: string;
}

/** Where a ticket is good, and how that is called in it. */
interface Place {
  readonly audience: string;
  readonly url: string;
}

const { machinesMax, daysMax } = fleetLimits;
const defaultDays = 30;

const notes = `
The file is a secret: bring it to the customer's machines, where causeway get --ticket FILE shows it
to that route alone. All of them together are worth so many machines. It lasts for no longer than it
says; a new one for the same name takes its place. docs/shield.md tells more.
`;

/** `causeway keys fleet-ticket`: a ticket that speaks for all machines of one customer. */
export const registerFleetTicket: Register = (keys, { terminal }) => {
  const example = "causeway keys fleet-ticket acme --machines 500 --route web-1 -o acme.json";
  addVerb(keys, "fleet-ticket", "Give a customer's machines a ticket by hand.", example, notes)
    .argument("<name>", "the customer, in a-z, 0-9 and -")
    .requiredOption("--machines <n>", "how many it speaks for", wholeNumber(1, machinesMax))
    .option("--route <id>", "the route of causeway.yaml that it is for, as serve --route says")
    .option("--url <url>", "that route, where serve says no --route")
    .option("--days <n>", "how long it lasts", wholeNumber(1, daysMax), defaultDays)
    .option("-o, --output <file>", "where to put it (default: fleet-NAME.json, in this folder)")
    .option("--dir <dir>", "the vendor's folder", ".")
    .action(async (fleet: string, options: FleetOptions) => {
      const { machines, days, dir, output = `fleet-${fleet}.json` } = options;
      const file = path.resolve(output);
      const place = await placeOf(options);
      const signed = await readPolicyFile({
        file: policyFile(dir),
        tree: path.resolve(dir, "repository"),
      });
      const policy = signed?.policy ?? noPolicy;
      const signer = { keyFile: ticketKeysFile(dir), policy };
      const given = await giveFleetTicket(file, { fleet, machines, days, ...place }, signer);
      const expires = toUtcSecond(given.expires);
      terminal.result(
        { file, fleet, machines, route: place.audience, url: given.url, expires },
        [
          `${file}: ${formatCount(machines, "machine", "machines")} of ${fleet}, until ${expires}`,
          `  for ${given.url} alone; it is a secret, and shown there by causeway get --ticket`,
        ].join("\n"),
      );
    });
};

/** @throws {UsageError} `USAGE_ARGUMENT`, and what `readConfig` throws */
async function placeOf({ dir, route, url }: FleetOptions): Promise<Place> {
  if ((route === undefined) === (url === undefined)) {
    const what = "say for which route: --route ID, or --url URL where serve says no --route.";
    throw new UsageError("USAGE_ARGUMENT", what);
  }
  const config = path.resolve(dir, "causeway.yaml");
  const { allRoutes } = await readConfig(config);
  const routes = allRoutes.map(({ entry }) => entry);
  if (url !== undefined) return { audience: unnamedRoute, url };
  const known = routes.find(({ id }) => id === route);
  if (known !== undefined) return { audience: known.id, url: known.urls[0] };
  const ids = routes.map(({ id }) => id).join(", ") || "none";
  throw new UsageError("USAGE_ARGUMENT", `${config} has no route ${route}; it has: ${ids}.`);
}
