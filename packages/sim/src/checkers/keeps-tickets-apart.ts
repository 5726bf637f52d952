import type { Checker } from "./checker.ts";
import type { Scene } from "./scene.ts";

/** Law 8: what a route gave to know the customer by is seen by no other, and junk by nobody. */
export function keepsTicketsApart({ world }: Scene): Checker {
  return {
    asked({ host, path, bearer }) {
      if (bearer === undefined) return;
      const giver = giverOf(bearer);
      if (giver === undefined) world.broke(8, `${host} was shown junk with ${path}`);
      else if (giver !== host) world.broke(8, `${host} was shown a ticket of ${giver}`);
    },
  };
}

/** Routes of a drill write their name into their tickets. */
function giverOf(ticket: string): string | undefined {
  return /^e30\.[\w-]+\.n\d+$/.test(ticket)
    ? /"aud":"([^"]+)"/.exec(atob(ticket.split(".")[1] ?? ""))?.[1]
    : undefined;
}
