import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { digShort, startKnot } from "../../packages/control/test/support/knot.ts";
import { causeway, causewayJson, ended, folderFor, start } from "../support/cli.ts";

const name = "update.example.com";

interface Told {
  readonly id: number | null;
  readonly update: string;
  readonly error: { readonly code: string };
  readonly names: readonly { readonly gone: boolean }[];
  readonly changes: readonly { readonly verb: string; readonly why: string }[];
}

test("an operator lowers, retires, watches and brings back a name with the commands of docs/names.md", async (t) => {
  const knot = await startKnot(t);
  const dir = folderFor(t);
  writeFileSync(path.join(dir, "causeway.yaml"), "");
  const server = `127.0.0.1:${knot.port}`;
  const at = ["--server", server, "--dir", dir];
  const change = [...at, "--key", knot.key, "--reason", "the worm"];
  const tell = async (...args: readonly string[]): Promise<Told & { code: number | null }> => {
    const { code, json } = await causewayJson(["names", ...args]);
    return { ...(json as Told), code };
  };

  const dry = await tell("retire", name, ...change, "--dry-run");
  assert.equal(dry.code, 0, JSON.stringify(dry));
  assert.match(dry.update, /^update delete update\.example\.com\. A$/m);
  assert.equal(digShort(knot, name, "A").length, 2);
  const plan = await causeway(["names", "plan", name, ...at, "--at", "2099-01-01T00:00:00Z"]);
  assert.match(
    plan.stdout,
    /from 300 s to 60 s by 2098-12-31T23:50:00Z\n.* by 2098-12-31T23:54:00Z/,
  );

  assert.equal((await tell("lower", name, ...change, "--until", "2099-01-01T00:00:00Z")).id, 1);
  const early = await tell("restore", name, ...change);
  assert.deepEqual([early.code, early.error.code], [2, "USAGE_ARGUMENT"]);
  const there = await causeway(["names", "watch", name, "--server", server, "--authority", server]);
  assert.equal(there.code, 1);
  assert.match(there.stdout, /it is there: update\.example\.com 60 A 192\.0\.2\.1/);
  const retired = await causeway(["names", "retire", name, ...change]);
  assert.match(
    retired.stdout,
    /names undo 2 takes it back\n(?: {2}- .*\n){3} {2}after an undo .* 60 s/,
  );
  const gone = await tell("watch", name, "--server", server, "--authority", server);
  assert.deepEqual([gone.code, gone.names[0]?.gone], [0, true]);

  const back = start([
    "names",
    "watch",
    name,
    "--server",
    server,
    "--authority",
    server,
    "--every",
    "1",
  ]);
  await once(back.stderr ?? back, "data"); // that it is gone
  assert.equal((await tell("undo", "2", "--key", knot.key, "--dir", dir)).id, 3);
  const told = await ended(back);
  assert.match(told.stdout, /it is there: update\.example\.com/);
  assert.equal(told.code, 1);
  assert.equal((await tell("restore", name, ...change, "--now")).id, 4);
  const shown = await tell("show", name, ...at);
  assert.deepEqual(
    shown.changes.map((each) => each.verb),
    ["lower", "retire", "undo", "restore"],
  );
  assert.equal(shown.changes[0]?.why, "the worm");
  assert.match(
    (await causeway(["names", "show", name, ...at])).stdout,
    /^ {2}300 A 192\.0\.2\.1$/m,
  );
});

test("an attack that goes on keeps a low TTL low for longer", async (t) => {
  const knot = await startKnot(t);
  const dir = folderFor(t);
  writeFileSync(path.join(dir, "causeway.yaml"), "");
  const at = ["--server", `127.0.0.1:${knot.port}`, "--dir", dir, "--key", knot.key];
  const names = (verb: string, ...more: readonly string[]): ReturnType<typeof causeway> => {
    return causeway(["names", verb, ...more, ...(verb === "undo" ? at.slice(2) : [name, ...at])]);
  };
  const until = ["--until", "2099-12-01T00:00:00Z"];
  await names("lower");
  const dry = await names("lower", ...until, "--dry-run");
  assert.match(dry.stdout, /nothing was sent\n {2}until when the TTL stays low would be kept\n/);
  const noted = await names("lower", ...until);
  assert.match(noted.stdout, /sent\n {2}kept: .* low until 2099-12-01T00:00:00Z; .*undo 2 takes/);
  const early = await names("restore", "--dry-run");
  assert.equal(early.code, 2);
  assert.match(early.stderr, /is to stay low until 2099-12-01T00:00:00Z; --now raises it/);
  const undone = await names("undo");
  assert.match(undone.stdout, /nothing was sent\n {2}what change 2 says is taken back\n/);
  assert.equal((await names("restore", "--dry-run")).code, 0);
  const shown = await causeway(["names", "show", name, ...at.slice(0, 4)]);
  assert.match(shown.stdout, /^ {2}2 .* lower until 2099-12-01T00:00:00Z by .*: made$/m);
});

test("a TSIG key that others on this machine can read is told, and taken", async (t) => {
  const knot = await startKnot(t);
  const dir = folderFor(t);
  writeFileSync(path.join(dir, "causeway.yaml"), "");
  const at = ["--key", knot.key, "--dir", dir];
  const retire = ["names", "retire", name, "--server", `127.0.0.1:${knot.port}`, ...at];
  assert.equal((await causeway([...retire, "--dry-run"])).stderr, "");
  chmodSync(knot.key, 0o644);
  const warning = `warning: others on this machine can read ${knot.key}; run: chmod 600 ${knot.key}\n`;
  for (const args of [[...retire, "--dry-run"], retire, ["names", "undo", ...at]]) {
    const { code, stderr } = await causeway(args);
    assert.deepEqual([code, stderr], [0, warning], args.join(" "));
  }
});

test("who retires a name that a wildcard answers for is warned", async (t) => {
  const knot = await startKnot(t);
  const dir = folderFor(t);
  writeFileSync(path.join(dir, "causeway.yaml"), "");
  const at = ["--server", `127.0.0.1:${knot.port}`, "--dir", dir, "--key", knot.key];
  const { code, stderr } = await causeway(["names", "retire", "x.wild.example.com", ...at]);
  assert.equal(code, 0);
  assert.match(
    stderr,
    /a wildcard answers in its place: x\.wild\.example\.com 300 A 192\.0\.2\.66/,
  );
});

test("who retires a name that never was is asked how it is spelled, and whoever retires twice is not", async (t) => {
  const knot = await startKnot(t);
  const dir = folderFor(t);
  writeFileSync(path.join(dir, "causeway.yaml"), "");
  const at = ["--server", `127.0.0.1:${knot.port}`, "--dir", dir, "--key", knot.key];
  const retire = (which: string): ReturnType<typeof causeway> => {
    return causeway(["names", "retire", which, ...at]);
  };
  const typo = await retire("updtae.example.com");
  assert.match(typo.stdout, /^updtae\.example\.com has no address; nothing was sent$/m);
  assert.match(typo.stderr, /^warning: .*never retired from here; is it spelled right\?$/m);
  assert.equal(typo.code, 0);
  await retire(name);
  const again = await retire(name);
  assert.deepEqual([again.code, again.stderr], [0, ""]);
  assert.match(again.stdout, /has no address; nothing was sent/);
});

test("a watch that goes on ends with Ctrl-C, and mistakes send nothing", async (t) => {
  const knot = await startKnot(t);
  const dir = folderFor(t);
  const server = `127.0.0.1:${knot.port}`;
  const watch = ["names", "watch", "gone.example.com", "--server", server, "--authority", server];
  const watching = start([...watch, "--every", "60"]);
  watching.stderr?.once("data", () => watching.kill("SIGINT"));
  assert.equal((await ended(watching)).code, 130);

  const change = ["--server", server, "--key", knot.key, "--dir", dir];
  const mistakes: readonly (readonly [readonly string[], string])[] = [
    [["retire", name, ...change], "CONFIG_MISSING"],
    [["retire", "bücher.example.com", ...change], "USAGE_NAME"],
    [["retire", name, ...change, "--server", "a b"], "USAGE_ARGUMENT"],
    [["lower", name, ...change, "--until", "2001-01-01T00:00:00Z"], "USAGE_ARGUMENT"],
    [["retire", name, ...change, "--reason", "x".repeat(501)], "USAGE_ARGUMENT"],
  ];
  for (const [args, code] of mistakes) {
    const told = await causewayJson(["names", ...args]);
    assert.deepEqual([told.code, (told.json as Told).error.code], [2, code], args.join(" "));
  }
  assert.equal(digShort(knot, name, "A").length, 2);
});
