import assert from "node:assert/strict";
import { mkdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { startOrigin } from "../../packages/origin/src/index.ts";
import { editRoutes, listRoutes } from "../../packages/publisher/src/index.ts";
import { TestVendor } from "../../packages/publisher/test/support/vendor.ts";
import { causeway, causewayJson } from "../support/cli.ts";
import { freePort } from "../support/listening.ts";

interface Told {
  readonly conclusion: string;
  readonly newest: number;
  readonly routes: readonly {
    readonly verdict: string;
    readonly urls: readonly { readonly bytes: number; readonly timestamp: number }[];
  }[];
}

/** A vendor with a route that is right, `origin`, and one that nobody answers at, `dead`. */
async function vendorWithRoutes(t: TestContext): Promise<{ vendor: TestVendor; url: string }> {
  const vendor = await TestVendor.make(t);
  vendor.now = Date.now();
  await vendor.add({ version: "1.0" });
  await vendor.publish();
  const origin = await startOrigin({
    tree: vendor.repository,
    host: "127.0.0.1",
    port: 0,
    workers: 1,
    log: () => undefined,
    edge: "off",
  });
  t.after(() => origin.close(0));
  const add = async (id: string, url: string): Promise<void> => {
    const edit = { kind: "add", id, urls: [url], isPrivate: true } as const;
    await editRoutes(vendor.dir, edit, vendor.common());
  };
  await add("origin", origin.url);
  await add("dead", `http://127.0.0.1:${await freePort()}/`);
  return { vendor, url: origin.url };
}

test("an operator sees what clients find at each route", async (t) => {
  const { vendor, url: originUrl } = await vendorWithRoutes(t);
  const at = ["--dir", vendor.dir];
  const good = await causewayJson(["routes", "check", "origin", ...at]);
  const { conclusion, newest, routes } = good.json as Told;
  assert.deepEqual([good.code, conclusion], [0, "good"]);
  const [url] = routes[0]?.urls ?? [];
  assert.ok((url?.bytes ?? 0) > 0);
  assert.equal(url?.timestamp, newest);

  const policy = path.join(vendor.dir, "probes.yaml");
  const drain = "drain: { automatic: true, failures: 1, rounds: 1 }";
  await writeFile(policy, `${drain}\nminimumActive: 1\n`);
  const both = await causeway(["routes", "check", "--policy", policy, ...at]);
  assert.equal(both.code, 1);
  assert.match(
    both.stdout,
    /^origin +active +ok .*\ndead +active +dead .*\ndead is dead: refuses/m,
  );

  assert.match(both.stdout, /^dead is changed \(drain\): dead, and failed in 1 of 1 rounds$/m);
  const listed = await listRoutes(vendor.dir);
  assert.deepEqual(
    listed.routes.map(({ id, state }) => [id, state]),
    [
      ["origin", "active"],
      ["dead", "draining"],
    ],
  );
  assert.deepEqual(listed.unpublished, []);
  const past = await causewayJson(["routes", "check", "--history", ...at]);
  const sums = (past.json as { routes: readonly { id: string; rounds: number }[] }).routes;
  assert.deepEqual(
    sums.map(({ id, rounds }) => [id, rounds]),
    [
      ["origin", 2],
      ["dead", 1],
    ],
  );

  const probes = vendor.path("probes");
  assert.equal((await stat(probes)).mode & 0o777, 0o700);
  await writeFile(path.join(probes, "history.sqlite"), "x".repeat(4096));
  const unkept = await causeway(["routes", "check", "origin", ...at]);
  assert.equal(unkept.code, 1);
  assert.match(unkept.stdout, /^origin +active +ok /m);
  assert.match(unkept.stderr, /history\.sqlite is damaged; move it away/);

  const state = path.join(vendor.parent, "state");
  await mkdir(state);
  const trust = vendor.path("repository", "metadata", "1.root.json");
  const customers = ["--state", state, "--trust", trust, "--route", originUrl];
  const mine = await causeway(["routes", "check", ...customers]);
  assert.equal(mine.code, 0, mine.stderr);
  assert.match(
    mine.stdout,
    /: 1 route probed; .*\nroute .*\nhttp:.* active +ok .*\nno patch is known/,
  );

  const wrong = await causeway(["routes", "check", "nobody", ...at]);
  assert.deepEqual([wrong.code, wrong.stdout], [2, ""]);
  assert.match(wrong.stderr, /"nobody" is no route of the list/);
});
