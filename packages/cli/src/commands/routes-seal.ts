import { sealedLimits } from "@causeway/kernel";
import { type ChangeOptions, changeRoute, withChangeOptions } from "../routes/change-route.ts";
import { addVerb, type Register } from "../verb.ts";
import { wholeNumber } from "../whole-number.ts";

interface SealOptions extends ChangeOptions {
  readonly shard?: number;
  readonly give?: true;
}

const notes = `
A sealed route stands encrypted in the list, for clients that were given the key of its shard. What
was public is known to whoever read the list: for a reserve, use a name that nobody has met.
`;

/** `causeway routes seal`: a route that only those can read of who have the key of its shard. */
export const registerSeal: Register = (routes, context) => {
  const example = "causeway routes seal reserve-1 --shard 3 --dir vendor";
  const seal = addVerb(routes, "seal", "Encrypt a route in the list.", example, notes)
    .argument("<id>", "its name in the list")
    .option(
      "--shard <n>",
      "whose key opens it (default: a shard of its own)",
      wholeNumber(1, sealedLimits.shardMax),
    )
    .option("--give", "have clients be given the key of its shard, some each, with their tickets");
  withChangeOptions(seal).action(async (id: string, options: SealOptions) => {
    const { shard } = options;
    const isGiven = options.give === true;
    await changeRoute({ kind: "seal", id, isGiven, ...(shard && { shard }) }, options, context);
  });
};
