import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import {
  causeway,
  causewayJson,
  checkout,
  ended,
  folderFor,
  sourceOption,
  start,
} from "../support/cli.ts";
import { noTerminal, Screen } from "../support/screen.ts";

const run = promisify(execFile);
const ourCommands = path.join(checkout, "node_modules", ".bin");
const pathWithCauseway = `${ourCommands}${path.delimiter}${process.env["PATH"] ?? ""}`;

/** A stage for the demo: two versions of a small program, and a temporary folder of its own. */
async function stage(context: TestContext): Promise<{
  readonly args: readonly string[];
  readonly patch: string;
  readonly temporary: string;
  readonly options: { readonly cwd: string; readonly env: { readonly TMPDIR: string } };
}> {
  const folder = folderFor(context);
  const temporary = path.join(folder, "tmp");
  await mkdir(temporary);
  const [old, patch] = [path.join(folder, "old.bin"), path.join(folder, "new.bin")];
  const bytes = randomBytes(3_000_000);
  await writeFile(old, bytes);
  // More than its sockets hold when the primary dies in the middle of it: it is asked again.
  randomBytes(2_000_000).copy(bytes, 900_000);
  await writeFile(patch, bytes);
  const args = ["demo", "--file", patch, "--have", old];
  return { args, patch, temporary, options: { cwd: folder, env: { TMPDIR: temporary } } };
}

interface Shown {
  readonly downloaded: number;
  readonly reused: number;
  readonly length: number;
  readonly folder: string | null;
  readonly routes: readonly { readonly bytes: number; readonly state: string }[];
}

/** Command lines of processes that work in `folder`; tmux, which was told of it, does not. */
async function processesOf(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (line.includes(folder) && !line.startsWith("tmux")) found.push(line.replaceAll("\0", " "));
  }
  return found;
}

async function assertNothingLeft(temporary: string): Promise<void> {
  assert.deepEqual(await readdir(temporary), []);
  assert.deepEqual(await processesOf(temporary), []);
}

test("the demo tells in one JSON object what it showed, and leaves nothing behind", async (t) => {
  const { args, options, temporary } = await stage(t);
  const { code, json, stderr } = await causewayJson(args, options);
  assert.deepEqual([code, stderr], [0, ""]);
  const { downloaded, reused, length, routes, folder } = json as Shown;
  assert.deepEqual(
    routes.map(({ state }) => state),
    ["dead", "ok"],
  );
  const [primary = 0, alternate = 0] = routes.map(({ bytes }) => bytes);
  assert.ok(primary > 0 && alternate > 0, "both routes carried a part");
  assert.equal(primary + alternate, downloaded);
  assert.ok(downloaded >= 2_000_000 && downloaded < 2_500_000 && reused >= 500_000);
  assert.deepEqual([length, folder], [3_000_000, null]);
  await assertNothingLeft(temporary);
});

test("a demo that shall be quiet says nothing", async (t) => {
  const { args, options, temporary } = await stage(t);
  const { code, stdout, stderr } = await causeway([...args, "--quiet"], options);
  assert.deepEqual([code, stdout, stderr], [0, "", ""]);
  await assertNothingLeft(temporary);
});

test("in a terminal the demo is seen to end well", { skip: noTerminal() }, async (t) => {
  const { args, options, temporary } = await stage(t);
  const screen = await Screen.start(t, args, options);
  await screen.shows(/^verified +[█░]+ .* of 3\.0 MB\nok .*(?:name|route)\nok .*(?:name|route)/m);
  await screen.hidesCursor();
  assert.equal(await screen.ends(), 0);
  assert.equal(await screen.showsCursor(), true);
  const told = await screen.history();
  assert.match(told, /kill -9: windowsupdate\.com, the attacked name goes down/);
  // The one that answered sooner stands first.
  const [dead, ok] = ["dead .*the attacked name", "ok .*the alternate route"];
  const bars = `(?:${dead}\n${ok}|${ok}\n${dead})`;
  assert.match(told, new RegExp(`^verified +█+ 3\\.0 MB of 3\\.0 MB\\n${bars}`, "m"));
  assert.equal(told.match(/^verified /gm)?.length, 1, `bars were left behind:\n${told}`);
  assert.match(told, /byte for byte.*\n.*downloaded for a file of 3\.0 MB/);
  await assertNothingLeft(temporary);
});

const moments = [
  ["while the vendor makes the patch", "1. The vendor adds"],
  ["in the middle of the download", "✗ kill -9"],
  ["at the end", "The customer has the patch"],
] as const;

for (const [moment, line] of moments) {
  test(`Ctrl-C ${moment} of the demo leaves nothing behind`, async (t) => {
    const { args, options, temporary } = await stage(t);
    const child = start(args, options);
    interruptAt(child, line);
    const { code, stdout, stderr } = await ended(child);
    assert.equal(code, 130, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, /error: interrupted; run the same command again.* \[INTERRUPTED\]\n$/);
    await assertNothingLeft(temporary);
  });
}

test("a second Ctrl-C ends the demo at once, and its servers too", async (t) => {
  const { args, options, temporary } = await stage(t);
  const child = start(args, options);
  // Two of one kind, sent at once, may arrive as one.
  interruptAt(child, "3. A customer", ["SIGINT", "SIGTERM"]);
  assert.notEqual((await ended(child)).signal, null);
  await assertNothingLeft(temporary);
});

function interruptAt(
  child: ChildProcess,
  told: string,
  signals: readonly NodeJS.Signals[] = ["SIGINT"],
): void {
  if (child.stderr === null) throw new Error("no standard error");
  createInterface({ input: child.stderr }).on("line", (line) => {
    if (!line.includes(told)) return;
    for (const signal of signals) child.kill(signal);
  });
}

test("Ctrl-C in a terminal reaches the servers as well, and all of it ends", {
  skip: noTerminal(),
}, async (t) => {
  const { args, options, temporary } = await stage(t);
  const screen = await Screen.start(t, args, options);
  await screen.shows(/^verified/m);
  await screen.press("C-c");
  assert.equal(await screen.ends(), 130);
  assert.equal(await screen.showsCursor(), true);
  assert.match(await screen.text(), /error: interrupted/);
  await assertNothingLeft(temporary);
});

test("a kept demo says what to try next, and each line of that works", async (t) => {
  const { args, options, patch } = await stage(t);
  const { code, stdout, stderr } = await causeway([...args, "--keep"], options);
  assert.equal(code, 0, stderr);
  const opening = stderr.slice(0, stderr.indexOf("\n\n")).split("\n");
  assert.ok(opening.filter((line) => !line.startsWith("(")).every(({ length }) => length <= 80));
  const [, folder = "", lines = ""] = /Everything is in (\S+)\. Try:\n(.*)$/s.exec(stdout) ?? [];
  assert.equal(path.dirname(folder), options.env.TMPDIR);
  const [serve = "", get = "", keys = ""] = lines.replaceAll("\\\n", "").trim().split("\n");
  const env = { ...options.env, PATH: pathWithCauseway, NODE_OPTIONS: sourceOption };
  const shell = { cwd: options.cwd, env };

  const server = spawn("sh", ["-c", `exec ${serve.replace("8080", "0")}`], shell);
  t.after(() => server.kill("SIGKILL"));
  const port = await new Promise<string>((resolve) => {
    createInterface({ input: server.stdout }).on("line", (line) => {
      resolve(/serving .* at http:\/\/[^ ]+:(\d+)\//.exec(line)?.[1] ?? line);
    });
  });
  const got = await run("sh", ["-c", get.replace("8080", port)], shell);
  assert.match(got.stdout, /KB823980: windows-2000 5\.0\.2195\.6753, 3\.0 MB, verified/);
  const file = path.join(options.cwd, "KB823980");
  assert.deepEqual(await readFile(file), await readFile(patch));
  assert.match((await run("sh", ["-c", keys], shell)).stdout, /^root +[0-9a-f]{8} +current/m);
  server.kill("SIGTERM");
});
