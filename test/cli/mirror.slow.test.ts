import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { causeway, causewayJson, folderFor, serveTree, start } from "../support/cli.ts";
import { programBytes, TestVendor } from "../support/vendor.ts";

test("a mirror of a vendor is served, followed, and what a customer gets it from", async (t) => {
  const folder = folderFor(t);
  const vendor = await TestVendor.make(folder);
  await vendor.release("1.0", programBytes(300_000));
  const origin = await serveTree(t, vendor.tree);
  const tree = path.join(folder, "mirror");
  const from = ["--trust", vendor.root, "--route", origin.url, "--dir", tree];
  const once1 = await causewayJson(["mirror", ...from]);
  assert.equal(once1.code, 0, once1.stderr);
  const told = once1.json as {
    readonly versions: object;
    readonly url: null;
    readonly dir: string;
  };
  assert.equal(told.dir, tree);
  assert.deepEqual(Object.keys(told.versions), ["root", "timestamp", "snapshot", "targets"]);
  assert.equal(statSync(path.join(tree, ".mirror")).mode & 0o077, 0);
  for (const area of ["metadata", "targets"]) {
    const names = readdirSync(path.join(vendor.tree, area), { recursive: true, encoding: "utf8" });
    for (const name of names.filter((each) => /\.(?:bin|json|zst)$/.test(each))) {
      const file = path.join(area, name);
      const isOld = area === "metadata" && !/^(?:\d+\.root|timestamp)\.json$/.test(name);
      if (isOld && !readdirSync(path.join(tree, area)).includes(name)) continue;
      const published = readFileSync(path.join(vendor.tree, file));
      assert.ok(readFileSync(path.join(tree, file)).equals(published), file);
    }
  }

  await vendor.release("1.1", programBytes(300_000));
  const at = ["--serve", "127.0.0.1:0", "--edge", "off", "--watch", "60", "--json"];
  const child = start(["mirror", ...from, ...at]);
  t.after(() => child.kill("SIGKILL"));
  child.stderr?.resume();
  assert.ok(child.stdout);
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  const { url } = JSON.parse(String(line)) as { readonly url: string };
  origin.process.kill("SIGKILL");
  const get = ["get", "reader", "--trust", vendor.root, "--route", url];
  const state = path.join(folder, "state");
  const got = await causewayJson([...get, "--state", state, "-o", path.join(folder, "reader")]);
  assert.equal(got.code, 0, got.stderr);
  assert.equal((got.json as { readonly version: string }).version, "1.1");
  child.kill("SIGINT");
  await once(child, "exit");
  assert.equal(child.exitCode, 0);
});

test("what is wrong is told with its code, and exits as the contract says", async (t) => {
  const folder = folderFor(t);
  const vendor = await TestVendor.make(folder);
  const route = pathToFileURL(vendor.tree).href;
  const tree = path.join(folder, "mirror");
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [["--dir", tree, "--trust", vendor.root], 2, /--route/],
    [["--dir", tree, "--route", route], 2, /USAGE_TRUST_MISSING/],
    [["--dir", tree, "--route", route, "--trust", "/nowhere"], 2, /no such file/],
    [["--dir", vendor.tree, "--route", route, "--trust", vendor.root], 2, /is no mirror's/],
    [["--dir", tree, "--route", route, "--trust", vendor.root, "--watch", "1"], 2, /60/],
    [["--dir", tree, "--route", route, "--trust", vendor.root, "--serve", "x:y"], 2, /8080/],
    [["--dir", tree, "--route", route, "--trust", vendor.root, "--product", "x"], 2, /UNKNOWN_PRO/],
    [["--dir", tree, "--route", "http://127.0.0.1:9/", "--trust", vendor.root], 4, /ALL_FAILED/],
  ];
  for (const [args, code, expected] of cases) {
    const ended = await causeway(["mirror", ...args, "--json"]);
    assert.equal(ended.code, code, args.join(" "));
    assert.match(ended.stdout, expected);
  }
  const all = ["mirror", "--dir", tree, "--route", route, "--trust", vendor.root];
  const quiet = await causeway([...all, "--quiet"]);
  assert.deepEqual([quiet.code, quiet.stdout, quiet.stderr], [0, "", ""]);
});
