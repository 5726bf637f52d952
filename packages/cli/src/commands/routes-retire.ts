import { type ChangeOptions, changeRoute, withChangeOptions } from "../routes/change-route.ts";
import { addVerb, type Register } from "../verb.ts";

interface RetireOptions extends ChangeOptions {
  readonly force?: boolean;
}

const notes = `
Retired is for good: a client that has read it never asks that name again, whatever a later list or
the DNS says. The route stays in the list, so that clients that slept read it too. For a route that
is to come back, drain it.
`;

/** `causeway routes retire`: a route that clients never ask again. */
export const registerRetire: Register = (routes, context) => {
  const example = "causeway routes retire origin-1 --dir vendor";
  const retire = addVerb(routes, "retire", "Have clients never ask a route again.", example, notes)
    .argument("<id>", "its name in the list")
    .option("--force", "also when no active route is left then");
  withChangeOptions(retire).action(async (id: string, options: RetireOptions) => {
    const { force = false } = options;
    await changeRoute({ kind: "retire", id, isForced: force }, options, context);
    context.terminal.warn(
      `${id} is retired for good: no client that reads this list asks it again, or its name.`,
    );
  });
};
