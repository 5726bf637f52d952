import { type ChangeOptions, changeRoute, withChangeOptions } from "../routes/change-route.ts";
import { addVerb, type Register } from "../verb.ts";

/** `causeway routes restore`: a draining route is active again. */
export const registerRestore: Register = (routes, context) => {
  const example = "causeway routes restore origin-1 --dir vendor";
  const restore = addVerb(routes, "restore", "Have clients take a draining route again.", example);
  withChangeOptions(restore.argument("<id>", "its name in the list")).action(
    async (id: string, options: ChangeOptions) => {
      await changeRoute({ kind: "restore", id }, options, context);
    },
  );
};
