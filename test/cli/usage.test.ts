import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { test } from "node:test";
import { causeway, causewayJson, folderFor } from "../support/cli.ts";

interface Told {
  readonly error: { readonly code: string; readonly message: string };
}

test("a mistake on the command line is told in one line, with the help that is about it", async () => {
  const cases: [string, string, string][] = [
    ["inti", "unknown command 'inti'; did you mean init?", "causeway"],
    ["get x --rout u", "unknown option '--rout'; did you mean --route?", "causeway get"],
    ["keys lst", "unknown command 'lst'; did you mean list?", "causeway keys"],
    ["keys rotate", "missing required argument 'role'", "causeway keys rotate"],
    ["keys help lst", "unknown command 'lst'", "causeway keys"],
    ["help bogus", "unknown command 'bogus'", "causeway"],
  ];
  const all = cases.map(async ([line, message, help]) => {
    const { code, stdout, stderr } = await causeway(line.split(" "));
    assert.deepEqual([code, stdout], [2, ""], line);
    const expected = `error: ${message} [USAGE_ARGUMENT]\nsee: ${help} --help\n`;
    assert.ok(stderr.endsWith(expected), stderr);
  });
  await Promise.all(all);
});

test("without a command there is the help, and with --json still one object", async () => {
  const bare = await causeway(["keys"]);
  assert.equal(bare.code, 2);
  assert.match(bare.stderr, /^Usage: causeway keys[^]*\nExample:\n {2}causeway keys[^]*130 inter/);
  const { code, json } = await causewayJson(["keys"]);
  assert.equal(code, 2);
  assert.match((json as Told).error.message, /name a command before --json: list, rotate, sign/);
});

test("an empty value is refused, not taken for the folder one is in", async (t) => {
  const cwd = folderFor(t);
  const lines = [
    ["init", "", "--name", "Contoso", "--dev"],
    ["publish", "--dir", ""],
    ["get", "reader", "--state="],
    ["get", "reader", "--state", "state", "--have", "old", "--have", ""],
  ];
  const all = lines.map(async (line) => {
    const { code, json } = await causewayJson(line, { cwd });
    const { error } = json as Told;
    assert.deepEqual([code, error.code], [2, "USAGE_ARGUMENT"]);
    assert.match(error.message, /^(?:<dir>|--[a-z]+) is empty/);
  });
  await Promise.all(all);
  assert.deepEqual(await readdir(cwd), []);
});

test("an older Node.js is told which one is needed, instead of failing somewhere within", async () => {
  const versions = `Object.create(process, { versions: { value: { node: "24.14.1" } } })`;
  const pretend = `Object.defineProperty(globalThis, "process", { value: ${versions} })`;
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(pretend)}`;
  const { code, stdout, stderr } = await causeway(["--version"], { env: { NODE_OPTIONS } });
  assert.equal(stderr, "causeway needs Node.js 24.15 or later; this is 24.14.1.\n");
  assert.deepEqual([code, stdout], [2, ""]);
});
