import { UsageError } from "@causeway/kernel";
import { adminUrl, defaultOrigin } from "../admin-url.ts";
import { addVerb, collect, type Register } from "../verb.ts";
import { watch } from "../watch/watch.ts";

const originsMax = 64;

const notes = `
The origins are asked at their admin ports, which causeway serve opens with --admin-port, on their
own machine only; from another one, go there by ssh -L. docs/metrics.md tells what the numbers mean.
Ctrl-C ends it.
`;

/** `causeway watch`: what an operator needs to see at night. */
export const registerWatch: Register = (program, { terminal, signal }) => {
  addVerb(
    program,
    "watch",
    "Watch the traffic of origins, live.",
    "causeway watch --origin http://127.0.0.1:9100 --origin http://127.0.0.1:9101",
    notes,
  )
    .option(
      "--origin <url>",
      `the admin port of an origin; may be repeated (default: ${defaultOrigin})`,
      collect,
    )
    .action(async ({ origin = [defaultOrigin] }: { readonly origin?: readonly string[] }) => {
      if (origin.length > originsMax) {
        throw new UsageError("USAGE_ARGUMENT", `watch at most ${originsMax} origins at once.`);
      }
      await watch(origin.map(adminUrl), terminal, signal);
    });
};
