import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { causeway, causewayJson, folderFor } from "../support/cli.ts";
import { TestVendor } from "../support/vendor.ts";

test("an operator adds, drains and retires a route, and sees what the list says", async (t) => {
  const folder = folderFor(t);
  const vendor = await TestVendor.make(folder);
  const at = ["--dir", vendor.dir];
  const none = await vendor.run("routes", "list", ...at);
  assert.match(none, /^Contoso: list 1 is public, signed until .*\nno routes; causeway routes add/);
  const urls = ["https://a.example/", "https://b.example"];
  const added = await causewayJson(["routes", "add", "eu-1", ...urls, "--weight", "7", ...at]);
  assert.equal(added.code, 0, added.stderr);
  const { versions, routes, changes } = added.json as {
    readonly versions: Readonly<Record<string, number>>;
    readonly routes: readonly { readonly id: string; readonly ok: boolean }[];
    readonly changes: readonly { readonly before: unknown; readonly after: { weight: number } }[];
  };
  assert.deepEqual([versions["routes"], versions["targets"]], [2, 1]);
  assert.deepEqual(
    routes.map(({ id, ok }) => [id, ok]),
    [["repository", true]],
  );
  assert.deepEqual([changes[0]?.before, changes[0]?.after.weight], [null, 7]);
  assert.match(
    await vendor.run("routes", "drain", "eu-1", ...at),
    /eu-1: state active, now draining/,
  );
  const refused = await causeway(["routes", "retire", "eu-1", ...at]);
  assert.deepEqual([refused.code, refused.stdout], [2, ""]);
  assert.match(refused.stderr, /add another first, or say --force\. \[USAGE_ARGUMENT\]/);
  const retired = await causeway(["routes", "retire", "eu-1", "--force", ...at]);
  assert.equal(retired.code, 0);
  assert.match(retired.stderr, /warning: eu-1 is retired for good/);
  const table = await vendor.run("routes", "list", ...at);
  assert.match(table, /\nid +state +kind +region +priority +weight +url\n/);
  assert.match(
    table,
    /\neu-1 +retired +origin +- +1 +7 +https:\/\/a\.example\/ https:\/\/b\.example\/\n/,
  );
  assert.doesNotMatch(table, /not yet published/);
  const reserve = ["https://deep.example/", "--sealed", "--give"];
  const sealed = await causewayJson(["routes", "add", "deep", ...reserve, ...at]);
  assert.match(JSON.stringify(sealed.json), /"urls":\[\],[^}]*"sealed":1/);
  assert.doesNotMatch(JSON.stringify(sealed.json) + sealed.stderr, /deep\.example/);
  assert.match(
    await vendor.run("routes", "list", ...at),
    /deep\.example\/ \(sealed in shard 1, its key is given with tickets\)/,
  );
  assert.match(
    await vendor.run("announce", "--shard", "1", ...at),
    /the key of shard 1: it takes no/,
  );
  assert.match(await vendor.run("routes", "open", "1", ...at), /deep: sealed 1, now none/);
});

test("what an operator mistypes is refused with the usage exit code", async (t) => {
  const empty = path.join(folderFor(t), "empty");
  mkdirSync(empty);
  const add = ["routes", "add", "eu-1", "https://a.example/"];
  const mistakes: readonly (readonly [readonly string[], RegExp])[] = [
    [[...add, "--dir", empty], /CONFIG_MISSING/],
    [[...add, "--weight", "0"], /USAGE_ARGUMENT/],
    [[...add, "--kind", "cdn"], /--kind is one of origin, mirror/],
    [[...add, "--shard", "1"], /--shard and --give go with --sealed/],
    [["routes", "add", "eu-1"], /eu-1 is no code, and no URL/],
    [["routes", "retired"], /unknown command 'retired'/],
  ];
  for (const [args, message] of mistakes) {
    const { code, stderr } = await causeway(args);
    assert.equal(code, 2, args.join(" "));
    assert.match(stderr, message);
  }
});
