import { type ChangeOptions, changeRoute, withChangeOptions } from "../routes/change-route.ts";
import { addVerb, type Register } from "../verb.ts";

/** `causeway routes drain`: a route that clients take only when nothing else is left. */
export const registerDrain: Register = (routes, context) => {
  const example = "causeway routes drain origin-1 --dir vendor";
  const drain = addVerb(routes, "drain", "Have clients take a route last.", example);
  withChangeOptions(drain.argument("<id>", "its name in the list")).action(
    async (id: string, options: ChangeOptions) => {
      await changeRoute({ kind: "drain", id }, options, context);
    },
  );
};
