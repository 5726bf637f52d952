import { type ChangeOptions, changeRoute, withChangeOptions } from "../routes/change-route.ts";
import { addVerb, type Register } from "../verb.ts";

const notes = `
Everybody who reads the list learns of it, whoever attacks included; it cannot be hidden again. Open
reserves one after the other, each when the earlier ones have fallen: docs/reserves.md.
`;

/** `causeway routes open`: a sealed route, or a shard of them, that everybody may read of now. */
export const registerOpen: Register = (routes, context) => {
  const example = "causeway routes open reserve-1 --dir vendor";
  const open = addVerb(routes, "open", "Have everybody read of a sealed route.", example, notes);
  withChangeOptions(
    open.argument("<what>", "its name in the list, or the number of a shard"),
  ).action(async (what: string, options: ChangeOptions) => {
    await changeRoute({ kind: "open", what }, options, context);
  });
};
