import assert from "node:assert/strict";
import { after, suite, test } from "node:test";
import { getOver, ports } from "./support/customer.ts";
import type { Behaviour, Fault } from "./support/faulty-route.ts";
import { permutations } from "./support/permutations.ts";
import { tempFolder } from "./support/temp-folder.ts";

after(() => ports.transport.close());

// Each way a route fails, in company: what one does must not hide what another does.
const groups = [
  ["dead", "lies", "hangs-before-headers"],
  ["hangs-in-body", "truncates", "login-page"],
  ["busy-503", "endless", "drips"],
  ["gzips", "redirects-away", "wrong-range"],
  ["multipart", "misses-404", "resets"],
  ["no-http", "refuses-403", "busy-429"],
  ["redirects-on-and-on", "lies", "drips"],
] as const satisfies readonly (readonly Fault[])[];

// They wait for deadlines most of the time, so all at once.
suite("in every order one honest route is enough", { concurrency: groups.length }, () => {
  for (const group of groups) {
    test(`beside ${group.join(", ")}`, async () => {
      for (const behaviours of permutations<Behaviour>([...group, "honest"])) {
        await using folder = await tempFolder();
        const got = await getOver(folder.path, behaviours);
        for (const [at, behaviour] of behaviours.entries()) {
          const report = got.routes[at];
          const told = `${behaviours.join(", ")}: ${JSON.stringify(report)}`;
          if (behaviour === "honest") assert.equal(report?.state, "ok", told);
          else assert.notEqual(report?.state, "ok", told);
        }
      }
    });
  }
});
