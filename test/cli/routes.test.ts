import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, renameSync } from "node:fs";
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

test("two operators on two machines agree on a route, the second by what a mirror has", async (t) => {
  const folder = folderFor(t);
  const [vendor, safe] = [path.join(folder, "vendor"), path.join(folder, "safe")];
  const run = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await causeway(args);
    assert.equal(code, 0, `causeway ${args.join(" ")}: ${stderr}`);
    return stdout;
  };
  const two = ["--routes-threshold", "2", "--routes-keys", "2"];
  const made = await run("init", vendor, "--name", "Contoso", "--dev", ...two);
  assert.match(made, /move all routes keys but one to other machines/);
  mkdirSync(path.join(safe, "keys"), { recursive: true });
  const key =
    readdirSync(path.join(vendor, "keys")).find((name) => name.startsWith("routes-")) ?? "";
  renameSync(path.join(vendor, "keys", key), path.join(safe, "keys", key));
  const tree = path.join(vendor, "repository");
  const trust = ["--trust", path.join(tree, "metadata", "1.root.json")];
  const route = ["--route", new URL(`file://${tree}/`).href];
  await run("mirror", ...trust, ...route, "--dir", path.join(safe, "repository"));

  const add = ["routes", "add", "eu-1", "https://a.example/", "--dir", vendor];
  const prepared = await run(...add);
  assert.match(prepared, /^Contoso: prepared, and not yet public\n {2}eu-1: new, active, https/);
  assert.match(
    prepared,
    /2\.routes\.json has 1 of 2 signatures.*\n {4}causeway keys sign 2\.routes/,
  );
  const pending = path.join(vendor, "keys", "pending", "2.routes.json");
  const stick = path.join(folder, "2.routes.json");
  cpSync(pending, stick);
  const sign = ["keys", "sign", stick, "--dir", safe];
  const looked = await run(...sign, "--dry-run");
  assert.match(looked, /0 signatures added\n.*what is public:\n {4}eu-1: new, active, https:\/\/a/);
  assert.match(looked, /it needs 1 more/);
  const [, digest = ""] = /to sign it: keys sign with --digest ([0-9a-f]{64})$/m.exec(looked) ?? [];
  const swapped = await causewayJson([...sign, "--digest", digest.replace(/^./, "g")]);
  assert.deepEqual(
    [swapped.code, /is not what you looked at/.test(JSON.stringify(swapped.json))],
    [2, true],
  );
  const { json } = await causewayJson([...sign, "--digest", digest]);
  const { added, routes } = json as {
    readonly added: readonly string[];
    readonly routes: { readonly changes: readonly { readonly id: string }[] };
  };
  assert.deepEqual([added.length, routes.changes.map(({ id }) => id)], [1, ["eu-1"]]);
  cpSync(stick, pending);
  assert.match(await run("refresh", "--dir", vendor), /signed routes, snapshot, timestamp/);
  assert.match(
    await run("routes", "list", "--dir", vendor),
    /list 2 is public, [^]*\neu-1 +active/,
  );
  const late = await causewayJson(sign);
  assert.equal(late.code, 0, "the mirror there does not know yet");
  await run("mirror", ...route, "--dir", path.join(safe, "repository"));
  const stale = await causewayJson(sign);
  assert.equal((stale.json as { error: { code: string } }).error.code, "TRUST_ROLLBACK");
  assert.equal(stale.code, 3);
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
