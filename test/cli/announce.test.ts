import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { causeway, causewayJson, folderFor } from "../support/cli.ts";
import { TestVendor } from "../support/vendor.ts";

test("a code is printed, drawn for phones and for paper, and written for DNS", async (t) => {
  const folder = folderFor(t);
  const vendor = await TestVendor.make(folder);
  const png = path.join(folder, "code.png");
  const routes = ["--route", "https://patches.example.com/", "--route", "https://b.example"];
  const more = ["--until", "3d", "--qr", png, "--txt", "--dir", vendor.dir];
  const { code, json, stderr } = await causewayJson(["announce", ...routes, ...more]);
  assert.equal(code, 0, stderr);
  const { text, txt, urls } = json as {
    readonly text: string;
    readonly txt: readonly string[];
    readonly urls: readonly string[];
  };
  assert.deepEqual(urls, ["https://patches.example.com/", "https://b.example/"]);
  assert.equal(txt.join(""), text);
  assert.ok(txt.every((each) => each.length <= 255));
  const read = spawnSync("zbarimg", ["--quiet", "--raw", png], { encoding: "utf8" });
  assert.equal(read.stdout.trim(), text, read.error?.message ?? read.stderr);
  const printed = await vendor.run("announce", ...routes, "--txt", "--dir", vendor.dir);
  assert.match(
    printed,
    /^(?:(?:[0-9A-Z]{10}-){3}[0-9A-Z]{10}\n)+[0-9A-Z-]+\n\nContoso: announcement/,
  );
  assert.match(printed, /\n_causeway 300 IN TXT "[0-9A-Z-]+"\n$/);
});

test("a place that cannot be written is told before a code takes a number", async (t) => {
  const folder = folderFor(t);
  const vendor = await TestVendor.make(folder);
  const places: readonly (readonly [string, RegExp])[] = [
    [
      path.join(folder, "none", "x.png"),
      /there is no folder .*none; make it, or name another file/,
    ],
    [folder, /it is a folder; name a file in it/],
  ];
  const route = ["announce", "--route", "https://a.example/", "--dir", vendor.dir];
  for (const [place, message] of places) {
    const { code, stderr } = await causeway([...route, "--qr", place]);
    assert.equal(code, 1, stderr);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /ENOENT|EISDIR|open '/);
  }
  const png = path.join(folder, "x.png");
  const refused = await causeway([...route, "--until", "365d", "--qr", png]);
  assert.equal(refused.code, 2, refused.stderr);
  assert.ok(!existsSync(png), "nothing is left of what was not signed");
  assert.ok(!existsSync(path.join(vendor.dir, "announcements.json")));

  writeFileSync(png, Buffer.alloc(100_000));
  assert.equal((await causeway([...route, "--qr", png])).code, 0);
  assert.ok(statSync(png).size < 100_000, "nothing of an older code follows the new one");
});

test("what cannot be announced is refused with the usage exit code", async (t) => {
  const vendor = await TestVendor.make(folderFor(t));
  const mistakes: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /needs a route, or a shard of sealed ones: --route URL/],
    [["--route", "https://a.example/", "--until", "tomorrow"], /Write a time as 3d/],
    [["--route", "https://a.example/", "--until", "365d"], /from a minute to 90 days/],
    [["--route", "http://10.0.0.1/"], /--private/],
  ];
  for (const [args, message] of mistakes) {
    const { code, stderr } = await causeway(["announce", ...args, "--dir", vendor.dir]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
  }
});
