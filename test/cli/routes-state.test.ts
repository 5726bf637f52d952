import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { causeway, causewayJson, folderFor } from "../support/cli.ts";
import { programBytes, TestVendor } from "../support/vendor.ts";

test("a customer who has lost every route gets in by a code, and by one given by hand", async (t) => {
  const folder = folderFor(t);
  const vendor = await TestVendor.make(folder);
  await vendor.release("1.0", programBytes(20_000));
  const state = path.join(folder, "state");
  const tree = pathToFileURL(`${vendor.tree}/`).href;
  const get = ["get", "reader", "-o", path.join(folder, "got"), "--state", state];
  const unplugged = ["--route", path.join(folder, "stick", "contoso.causeway")];
  const first = await causeway([...get, "--trust", vendor.root, "--route", tree, ...unplugged]);
  assert.equal(first.code, 0, first.stderr);

  const announce = ["announce", "--route", "https://eu.contoso.example/", "--dir", vendor.dir];
  const { json } = await causewayJson(announce);
  const { text, sequence } = json as { readonly text: string; readonly sequence: number };
  const spoken = text.toLowerCase().split("-");
  const taken = await causewayJson(["routes", "add", ...spoken, "--state", state]);
  assert.equal(taken.code, 0, taken.stderr);
  const told = taken.json as { readonly sequence: number; readonly routes: readonly object[] };
  const routes = [{ url: "https://eu.contoso.example/", unused: null }];
  assert.deepEqual([told.sequence, told.routes], [sequence, routes]);
  const fresh = await causeway(["routes", "add", text, "--state", path.join(folder, "none")]);
  assert.match(
    fresh.stderr,
    /get PRODUCT --trust ROOT\.json --route https:\/\/eu\.contoso\.example\/ /,
  );
  const again = await causewayJson(["routes", "add", text, "--state", state]);
  assert.equal(again.code, 3);
  assert.match(JSON.stringify(again.json), /"code":"ANNOUNCEMENT_REPLAYED"/);

  const given = await causeway(["routes", "add", tree, "--state", state]);
  assert.equal(given.code, 0, given.stderr);
  const listed = await causeway(["routes", "list", "--state", state]);
  assert.match(listed.stdout, /^the vendor.s list 1 is known; 0 routes are retired for good\n/);
  assert.match(listed.stdout, /file:\S+ {2}given; last asked [\dTZ:-]{20}, answered in/);
  assert.match(
    listed.stdout,
    /\n {2}https:\/\/eu\.contoso\.example\/ {2}announced until [\dTZ:-]{20}; not/,
  );
  rmSync(path.join(folder, "got"));
  const later = await causeway(get);
  assert.equal(later.code, 0, later.stderr);
});

test("a mix of what a vendor and a customer type is refused with the next step", async (t) => {
  const folder = folderFor(t);
  const nowhere = path.join(folder, "nowhere");
  const mistakes: readonly (readonly [readonly string[], RegExp])[] = [
    [["add", "a-code", "--state", folder, "--dir", folder], /routes add CODE\|URL --state STATE/],
    [
      ["add", "eu-1", "https://eu.example/", "--state", folder],
      /routes add ID URL\.\.\. --dir DIR/,
    ],
    [["add", "https://eu.example/", "--state", folder, "--weight", "3"], /not both at once/],
    [
      ["add", "https://eu.example/", "--state", nowhere],
      /no state in .*nowhere; causeway get .* --route URL makes one/,
    ],
    [
      ["add", "https://eu.example/", "--state", folder],
      /trusts no vendor yet; .* --trust ROOT\.json/,
    ],
    [["add", "eu-1"], /eu-1 is no code, and no URL; a vendor's route is routes add ID URL/],
    [["add", "eu-1", "--dir", folder], /the URL is missing/],
    [["list", "--state", folder, "--dir", folder], /name one of them/],
    [["list", "--state", nowhere], /no state in .*nowhere/],
  ];
  await Promise.all(
    mistakes.map(async ([args, message]) => {
      const { code, stderr } = await causeway(["routes", ...args]);
      assert.match(stderr, message);
      assert.equal(code, 2, stderr);
    }),
  );
});
