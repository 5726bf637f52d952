import assert from "node:assert/strict";
import { mkdir, readdir, readFile, symlink, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { causeway, causewayJson, folderFor } from "../support/cli.ts";
import { programBytes, TestVendor } from "../support/vendor.ts";

interface Told {
  readonly error: { readonly code: string; readonly message: string };
}

/** Runs a command that must be refused. @returns its exit code, error code and message */
async function refused(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<readonly [number | null, string, string]> {
  const { code, json, stderr } = await causewayJson(args, { cwd, env });
  const { error } = json as Told;
  assert.ok(error !== undefined, `not refused: ${JSON.stringify(json)} ${stderr}`);
  assert.doesNotMatch(error.message, /undefined|\[object|Error:/);
  return [code, error.code, error.message];
}

test("whatever is wrong with an add is told with a code, and nothing is staged", async (t) => {
  const folder = folderFor(t);
  const { dir } = await TestVendor.make(folder);
  await writeFile(path.join(folder, "good.bin"), programBytes(1000));
  await writeFile(path.join(folder, "empty.bin"), "");
  await writeFile(path.join(folder, "with space.bin"), "x");
  await writeFile(path.join(folder, "new\nline.bin"), "x");
  await writeFile(path.join(folder, "übung.bin"), "x");
  await writeFile(path.join(folder, "advisory.json"), "{ not json");
  await mkdir(path.join(folder, "a-folder"));
  await symlink("nowhere", path.join(folder, "dangling"));
  const add = (file: string, ...more: string[]): string[] => {
    return ["add", file, "--product", "reader", "--version", "1.0", "--dir", dir, ...more];
  };
  const cases: [string[], string, RegExp][] = [
    [add("missing.bin"), "USAGE_ARGUMENT", /missing\.bin/],
    [add("dangling"), "USAGE_ARGUMENT", /dangling/],
    [add("a-folder"), "USAGE_ARGUMENT", /folder/],
    [add("."), "USAGE_ARGUMENT", /folder/],
    [add("empty.bin"), "USAGE_ARGUMENT", /empty/],
    [add("with space.bin"), "USAGE_NAME", /--name with-space\.bin/],
    [add("new\nline.bin"), "USAGE_NAME", /--name/],
    [add("übung.bin"), "USAGE_NAME", /--name/],
    [add("good.bin", "--name", "../up"), "USAGE_NAME", /name/],
    [add("good.bin", "--version", "one"), "USAGE_VERSION", /"one" is not a version/],
    [add("good.bin", "--product", "../x"), "USAGE_NAME", /product id/],
    [add("good.bin", "--platform", "Linux"), "USAGE_NAME", /OS-ARCH/],
    [add("good.bin", "--severity", "dire"), "USAGE_ARGUMENT", /critical, high, medium, low/],
    [add("good.bin", "--released-at", "yesterday"), "USAGE_ARGUMENT", /UTC/],
    [add("good.bin", "--advisory", "advisory.json"), "USAGE_ARGUMENT", /advisory\.json/],
    [add("good.bin", "--replaces", "0.9"), "USAGE_ARGUMENT", /0\.9/],
    [add("good.bin", "--workers", "0"), "USAGE_ARGUMENT", /whole number/],
  ];
  for (const [args, code, message] of cases) {
    const told = await refused(args, folder);
    assert.equal(told[1], code, `${args.join(" ")}: ${told[2]}`);
    assert.match(told[2], message);
  }
  assert.deepEqual(await readdir(path.join(dir, "releases")).catch(() => []), []);

  const [first, second] = [
    await causeway(add("good.bin"), { cwd: folder }),
    await refused(add("good.bin"), folder),
  ];
  assert.equal(first.code, 0, first.stderr);
  assert.equal(second[1], "USAGE_EXISTS");
});

test("a mistake in causeway.yaml is told with its line and the nearest known key", async (t) => {
  const folder = folderFor(t);
  const { dir } = await TestVendor.make(folder);
  const yaml = path.join(dir, "causeway.yaml");
  await writeFile(yaml, "name: Contoso\nproduct:\n  - id: reader\n");
  const unknown = await refused(["publish", "--dir", dir], folder);
  assert.deepEqual(unknown.slice(0, 2), [2, "CONFIG_MALFORMED"]);
  assert.match(unknown[2], /causeway\.yaml:2.*product.*products/);
  await writeFile(yaml, "name: Contoso\nproducts: [\n  - id: reader\n");
  const broken = await refused(["publish", "--dir", dir], folder);
  assert.match(broken[2], /causeway\.yaml:[23]/);
  assert.equal((await refused(["publish", "--dir", folder], folder))[1], "CONFIG_MISSING");
});

test("an unknown product is refused with the nearest one that is listed", async (t) => {
  const folder = folderFor(t);
  const { dir } = await TestVendor.make(folder);
  await writeFile(path.join(dir, "causeway.yaml"), "name: Contoso\nproducts:\n  - id: reader\n");
  await writeFile(path.join(folder, "good.bin"), "x");
  const told = await refused(
    ["add", "good.bin", "--product", "raeder", "--version", "1", "--dir", dir],
    folder,
  );
  assert.equal(told[1], "USAGE_UNKNOWN_PRODUCT");
  assert.match(told[2], /reader/);
});

test("a wrong or missing passphrase changes nothing", async (t) => {
  const folder = folderFor(t);
  const init = await causeway(["init", "vendor", "--name", "Contoso"], {
    cwd: folder,
    env: { CAUSEWAY_PASSPHRASE: "correct horse" },
  });
  assert.equal(init.code, 0, init.stderr);
  await writeFile(path.join(folder, "good.bin"), programBytes(1000));
  const add = ["add", "good.bin", "--product", "reader", "--version", "1", "--dir", "vendor"];
  assert.equal((await causeway(add, { cwd: folder })).code, 0);
  const before = await readdir(path.join(folder, "vendor", "repository", "metadata"));

  const publish = ["publish", "--dir", "vendor"];
  const wrong = await refused(publish, folder, { CAUSEWAY_PASSPHRASE: "wrong" });
  const missing = await refused(publish, folder);
  assert.deepEqual(
    [wrong.slice(0, 2), missing.slice(0, 2)],
    [
      [2, "KEY_PASSPHRASE"],
      [2, "KEY_PASSPHRASE"],
    ],
  );
  assert.match(missing[2], /--passphrase-file/);
  assert.deepEqual(await readdir(path.join(folder, "vendor", "repository", "metadata")), before);

  await writeFile(path.join(folder, "secret"), "correct horse\n");
  const right = await causeway([...publish, "--passphrase-file", "secret"], { cwd: folder });
  assert.equal(right.code, 0, right.stderr);
});

test("whatever is wrong with a get is told with a code and the next step", async (t) => {
  const folder = folderFor(t);
  const vendor = await TestVendor.make(folder);
  await vendor.release("1.0.0", programBytes(1000));
  const route = `file://${vendor.tree}/`;
  const get = (...more: string[]): string[] => ["get", "reader", "--state", "state", ...more];
  await writeFile(path.join(folder, "not-a-root.json"), "{}");
  await writeFile(path.join(folder, "huge.json"), "");
  await truncate(path.join(folder, "huge.json"), 5 * 2 ** 30);
  const trust = ["--trust", vendor.root];
  const cases: [string[], number, string][] = [
    [get("--route", route), 2, "USAGE_TRUST_MISSING"],
    [get(...trust), 2, "USAGE_ARGUMENT"],
    [get(...trust, "--route", "ftp://x/"), 2, "USAGE_ARGUMENT"],
    [get(...trust, "--route", "not a url"), 2, "USAGE_ARGUMENT"],
    [get("--trust", "not-a-root.json", "--route", route), 2, "USAGE_ARGUMENT"],
    [get("--trust", "none.json", "--route", route), 2, "USAGE_ARGUMENT"],
    [get("--trust", "vendor", "--route", route), 2, "USAGE_ARGUMENT"],
    [get(...trust, "--route", "http://127.0.0.1:1/"), 4, "ROUTE_ALL_FAILED"],
    [get(...trust, "--route", route, "--version", "9.9"), 2, "USAGE_UNKNOWN_PRODUCT"],
    [get(...trust, "--route", route, "--version", "x"), 2, "USAGE_VERSION"],
    [get(...trust, "--route", route, "-o", "nope/reader"), 2, "USAGE_ARGUMENT"],
    [["get", "writer", "--state", "state", ...trust, "--route", route], 2, "USAGE_UNKNOWN_PRODUCT"],
  ];
  for (const [args, exitCode, code] of cases) {
    const told = await refused(args, folder);
    assert.deepEqual(told.slice(0, 2), [exitCode, code], `${args.join(" ")}: ${told[2]}`);
  }
  const elsewhere = await causeway(get(...trust, "--route", `file://${folder}/`), { cwd: folder });
  assert.match(
    elsewhere.stderr,
    /timestamp\.json \(404\); a route's URL ends where metadata\/ begins/,
  );
  assert.ok(!(await readdir(folder)).includes("nope"), "a mistyped path makes no folder");
  const nowhere = await refused(["serve", "--repository", "nope", "--port", "0"], folder);
  assert.deepEqual(nowhere.slice(0, 2), [2, "USAGE_ARGUMENT"]);
  const huge = await causewayJson(get("--trust", "huge.json", "--route", route), { cwd: folder });
  assert.notEqual(huge.code, 0);
});

test("a carrier that fails is told under --quiet as well, by name and code", async (t) => {
  const folder = folderFor(t);
  const { dir } = await TestVendor.make(folder);
  const file = path.join(dir, "causeway.yaml");
  const carriers = "carriers: [{ id: web, kind: folder, path: /dev/null/x }]";
  await writeFile(file, (await readFile(file, "utf8")).replace("carriers: []", carriers));
  for (const command of ["publish", "refresh"]) {
    const { code, stdout, stderr } = await causeway([command, "--dir", dir, "--quiet"]);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /^error: web: cannot [^\n]* \[HOST_MISSING\]\n$/);
  }
});
