import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { before, type TestContext, test } from "node:test";
import { type SlowRoute, startSlowRoute } from "../../packages/client/test/support/slow-route.ts";
import { causeway, ended, folderFor, start } from "../support/cli.ts";
import { noTerminal, Screen } from "../support/screen.ts";
import { programBytes, TestVendor } from "../support/vendor.ts";

const skip = noTerminal();
const patchLength = 3_000_000;
const bytesPerSecond = 500_000;
const bars = /^verified +[█░]+ .* of .* MB\n(?:(?:dead +░+|ok +[█░]+) \d.*\n?){2}/m;
const escape = "\u001b";
let vendor: TestVendor;
let files: ReadonlyMap<string, Uint8Array>;

before(async (context) => {
  vendor = await TestVendor.make(folderFor(context as TestContext));
  await vendor.release("1.0.0", programBytes(patchLength));
  const names = await readdir(vendor.tree, { recursive: true, withFileTypes: true });
  const read = names
    .filter((entry) => entry.isFile())
    .map(async ({ parentPath, name }) => {
      const file = path.join(parentPath, name);
      return [path.relative(vendor.tree, file), await readFile(file)] as const;
    });
  files = new Map(await Promise.all(read));
});

/** A `get` over a route slow enough to watch, beside one that is dead. */
async function slowGet(context: TestContext): Promise<{
  readonly args: readonly string[];
  readonly cwd: string;
  readonly route: SlowRoute;
}> {
  const route = await startSlowRoute(files, bytesPerSecond);
  context.after(() => route.close());
  const routes = ["--route", "http://127.0.0.1:1/", "--route", route.url];
  const args = ["get", "reader", "--trust", vendor.root, ...routes, "--state", "state"];
  return { args, cwd: folderFor(context), route };
}

/** The bars of the last state, and no others: `verified`, and one for each route. */
function assertBarsOnce(history: string, verified: RegExp): void {
  const lines = history.split("\n").filter((line) => /[█░]/.test(line));
  assert.equal(lines.length, 3, `bars were left behind:\n${history}`);
  assert.match(lines[0] ?? "", verified);
}

for (const [columns, rows] of [
  [80, 24],
  [40, 10],
] as const) {
  test(`on ${columns} columns bars take a row each and leave nothing behind`, {
    skip,
  }, async (t) => {
    const { args, cwd, route } = await slowGet(t);
    const screen = await Screen.start(t, args, { cwd, columns, rows });
    for (let frame = 0; frame < 10; frame++) {
      const [rowsOfBars = ""] = bars.exec(await screen.shows(bars)) ?? [];
      for (const row of rowsOfBars.trim().split("\n")) assert.match(row, /^(?:verified|dead|ok) /);
    }
    await screen.hidesCursor();
    assert.equal(await screen.ends(), 0);
    assert.equal(await screen.showsCursor(), true);
    const history = await screen.history();
    assertBarsOnce(history, /^verified +█+ 3\.0 MB of 3\.0 MB$/);
    assert.ok(history.split("\n").every((line) => !/[█░]/.test(line) || line.length <= columns));
    if (columns === 80) assert.match(history, new RegExp(`^ok +█+ .*  ${route.url}$`, "m"));
  });
}

test("colours are there for those who want them, and only for them", { skip }, async (t) => {
  for (const [env, isColoured] of [
    [{}, true],
    [{ NO_COLOR: "1" }, false],
  ] as const) {
    const { args, cwd } = await slowGet(t);
    const screen = await Screen.start(t, args, { cwd, env });
    await screen.shows(bars);
    const green = `${escape}[32m`;
    if (isColoured) await screen.showsColoured(green);
    else assert.ok(!(await screen.coloured()).includes(green));
  }
});

test("a terminal that can do nothing gets plain lines", { skip }, async (t) => {
  const { args, cwd } = await slowGet(t);
  const screen = await Screen.start(t, args, { cwd, env: { TERM: "dumb" } });
  assert.equal(await screen.ends(), 0);
  const history = await screen.history();
  assert.match(history, /^verified 3\.0 MB of 3\.0 MB \(/m);
  assert.doesNotMatch(history, /[█░]/);
});

test("a pipe gets plain lines, a few, with nothing that steers a terminal", async (t) => {
  const { args, cwd } = await slowGet(t);
  const { code, stderr } = await causeway(args, { cwd, env: { FORCE_COLOR: "" } });
  assert.equal(code, 0, stderr);
  assert.ok(!stderr.includes(escape));
  const told = stderr.split("\n").filter((line) => line.startsWith("verified "));
  assert.ok(told.length >= 2 && told.length <= 4, stderr);
  assert.match(told.at(-1) ?? "", /^verified 3\.0 MB of 3\.0 MB \(/);
});

test("a second get of the same file, with a state of its own, says whom it waits for", async (t) => {
  const { args, cwd } = await slowGet(t);
  const first = start(args, { cwd });
  const end = ended(first);
  await new Promise<void>((resolve) => {
    first.stderr?.on("data", (text) => {
      if (String(text).includes("taking the ")) resolve();
    });
  });
  const second = await causeway([...args, "--state", "other"], { cwd });
  assert.equal(second.code, 0, second.stderr);
  const who = `waiting for process ${first.pid}, which writes to the same file\n`;
  assert.ok(second.stderr.includes(who), second.stderr);
  assert.equal((await end).code, 0);
  assert.deepEqual(await readdir(cwd), ["other", "reader.bin", "state"]);
});

test("Ctrl-C leaves the last bars, the reason, and a cursor", { skip }, async (t) => {
  const { args, cwd } = await slowGet(t);
  const screen = await Screen.start(t, args, { cwd });
  await screen.shows(bars);
  await screen.press("C-c");
  assert.equal(await screen.ends(), 130);
  assert.equal(await screen.showsCursor(), true);
  // The terminal itself shows ^C, wherever the cursor stands at that moment.
  const history = (await screen.history()).replace("^C", "");
  assertBarsOnce(history, /^verified +[█░]+ .* of 3\.0 MB$/);
  assert.match(history, /^error: interrupted; .* \[INTERRUPTED\]$/m);
});

test("an error leaves the last bars, the reason, and a cursor", { skip }, async (t) => {
  const { args, cwd, route } = await slowGet(t);
  const screen = await Screen.start(t, args, { cwd });
  await screen.shows(bars);
  await route.close();
  assert.equal(await screen.ends(), 4);
  assert.equal(await screen.showsCursor(), true);
  const history = await screen.history();
  assertBarsOnce(history, /^verified +[█░]+ .* of 3\.0 MB$/);
  assert.match(history, /^error: .*\[ROUTE_ALL_FAILED\]$/m);
});
