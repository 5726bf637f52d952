import assert from "node:assert/strict";
import { readFileSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { causeway, causewayJson, folderFor } from "../support/cli.ts";
import { programBytes, TestVendor } from "../support/vendor.ts";

test("a vendor's patch comes on a stick, in parts, and stays when the stick is gone", async (t) => {
  const folder = folderFor(t);
  const vendor = await TestVendor.make(folder);
  const bytes = programBytes(3_000_000);
  await vendor.release("1.0", bytes);
  const stick = path.join(folder, "contoso.causeway");
  const create = ["bundle", "create", stick, "--dir", vendor.dir, "--part-size", "1"];
  const created = await causewayJson(create);
  assert.equal(created.code, 0, created.stderr);
  const { files } = created.json as { readonly files: readonly string[] };
  assert.ok(files.length > 2 && files[0] === `${stick}.001`, files.join());
  assert.ok(files.every((file) => statSync(file).size <= 1024 * 1024));

  const state = ["--state", path.join(folder, "state")];
  const route = ["--route", pathToFileURL(stick).href];
  const trust = ["--trust", vendor.root];
  const get = ["get", "reader", "-o", path.join(folder, "reader")];
  const direct = await causeway([...get, ...route, ...trust, "--state", path.join(folder, "b")]);
  assert.equal(direct.code, 0, direct.stderr);
  assert.ok(readFileSync(path.join(folder, "reader")).equals(bytes));
  rmSync(path.join(folder, "reader"));

  const applied = await causeway(["bundle", "apply", stick, ...state, ...trust]);
  assert.equal(applied.code, 0, applied.stderr);
  assert.match(applied.stdout, /held: state \d+; \d+ files, .*, verified/);
  const again = await causeway(["bundle", "apply", pathToFileURL(stick).href, ...state]);
  assert.match(again.stdout, /which was here already/, again.stderr);
  for (const file of files) rmSync(file);
  const got = await causewayJson([...get, ...state]);
  assert.equal(got.code, 0, got.stderr);
  assert.ok(readFileSync(path.join(folder, "reader")).equals(bytes));
});

test("what is wrong is told with its code, and exits as the contract says", async (t) => {
  const folder = folderFor(t);
  const vendor = await TestVendor.make(folder);
  const stick = path.join(folder, "contoso.causeway");
  const state = ["--state", path.join(folder, "state")];
  const both = ["--dir", vendor.dir, "--repository", vendor.tree];
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [["create", stick, ...both], 2, /not both/],
    [["create", stick, "--dir", folder], 2, /holds no repository/],
    [["create", stick, "--dir", vendor.dir, "--part-size", "4096"], 2, /4095/],
    [["apply", stick, ...state], 2, /no .*contoso\.causeway/],
    [["apply", vendor.root, "--trust", vendor.root, ...state], 2, /ends in/],
  ];
  for (const [args, code, expected] of cases) {
    const ended = await causeway(["bundle", ...args, "--json"]);
    assert.equal(ended.code, code, `${args.join(" ")}: ${ended.stdout}`);
    assert.match(ended.stdout, expected);
  }
});
