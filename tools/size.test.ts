import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "node:test";
import { packInto } from "./pack.ts";

// A vendor ships these three inside every application, and somebody audits them. Growing past
// the budget is a decision, not an accident: connections of our own, proxies and HTTP/2 took 15 kB,
// bounds on what others put into a state, and on what is signed to be slow, 3 more, the window to
// look in, and what keeps two runs off one file, 2, asking again whoever is overloaded, 5, memory
// that is given back at once, and kills that cost less, 2, tickets, which each route gets back from
// us alone, 2, bodies that go on where they broke, 2, the private entrances of a route, 4, and
// whom to blame behind redirects and entrances, and who holds up others, 6, what the vendor says of
// routes, 1, reading announcements, 5, the routes that it lists, and where those may not lead, 6,
// following a whole repository for mirrors, which no application loads, 6, lists that change in
// mid-run, and never asking what they retire, 4, bundles as routes, which who has none does not
// load, 5, routes that are sealed, and keys of them, 2, taking announcements, and telling what is known of routes,
// 13, probes, which no application loads, 6, times as people write them, which none loads either,
// half of one, neighbours, 1, and following one release for them, which none loads, 1, and dead or
// endless entrances, half of one. Bundling took 33 away:
// the names of files, and the comments, which stand in the declarations and in the source; some is
// left for what comes. Packed, with licence and declarations.
const budgetBytes = 219_000;

test("the three packages of the SDK stay within their budget", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "causeway-size-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const tarballs = packInto(folder, ["kernel", "trust", "client"]);
  assert.equal(tarballs.length, 3);
  const sizes = tarballs.map((file) => ({ file: basename(file), bytes: statSync(file).size }));
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  t.diagnostic(JSON.stringify(sizes));
  assert.equal(total <= budgetBytes, true, `${total} bytes, over ${budgetBytes}`);
});
