import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { causeway, causewayJson, commandLine, ended, folderFor, serve } from "../support/cli.ts";
import { freePort } from "../support/listening.ts";
import { TestVendor } from "../support/vendor.ts";

const skip =
  spawnSync("haproxy", ["-v"], { env: { PATH: `${process.env["PATH"]}:/usr/sbin` } }).error ===
  undefined
    ? false
    : "no haproxy here";

/** A tree with one target of 32 MB. @returns the tree */
function bigTree(t: TestContext): string {
  const tree = folderFor(t);
  for (const folder of ["metadata", "targets"]) mkdirSync(path.join(tree, folder));
  writeFileSync(path.join(tree, "metadata", "timestamp.json"), "{}");
  writeFileSync(path.join(tree, "targets", "big"), Buffer.alloc(32_000_000, 1));
  return tree;
}

test("serve starts an HAProxy by itself, and Ctrl-C ends both after what is under way", {
  skip,
}, async (t) => {
  const place = ["--host", "127.0.0.1", "--port", "0", "--workers", "2"];
  const { file, args, cwd, env } = commandLine(["serve", "--repository", bigTree(t), ...place]);
  // A group of its own, as a terminal makes one: Ctrl-C goes to all of it.
  const server = spawn(file, args, { cwd, env, detached: true });
  t.after(() => server.kill("SIGKILL"));
  const end = ended(server);
  const [line] = (await once(server.stdout, "data")) as [string];
  const [, url = "", version] = / at (http:\S+) behind HAProxy (\S+); Ctrl-C/.exec(line) ?? [];
  assert.match(version ?? "", /^\d+\.\d+/);
  const [answer] = (await once(get(`${url}targets/big`, { agent: false }), "response")) as [
    IncomingMessage,
  ];
  assert.ok(server.pid !== undefined);
  process.kill(-server.pid, "SIGINT");
  let length = 0;
  for await (const piece of answer) length += (piece as Buffer).length;
  assert.equal(length, 32_000_000);
  const { code } = await end;
  assert.equal(code, 0);
  await assert.rejects(fetch(`${url}metadata/timestamp.json`));
});

test("an HAProxy by all means or none is told as JSON, and what is no way is refused", {
  skip,
}, async (t) => {
  const tree = bigTree(t);
  const bad = await causeway(["serve", "--repository", tree, "--edge", "nginx"]);
  assert.equal(bad.code, 2);
  assert.match(bad.stderr, /Allowed choices are auto, off, haproxy/);

  const args = ["serve", "--repository", tree, "--port", "0", "--edge", "haproxy"];
  const nowhere = { env: { TMPDIR: path.join(tree, "none") } };
  const none = await causewayJson(args, nowhere);
  assert.equal(none.code, 1);
  assert.match(JSON.stringify(none.json), /HOST_MISSING.*No HAProxy can stand in front.*TMPDIR/);
  assert.equal(existsSync(path.join(tree, "none")), false);
});

/** The answer to a request over a connection of its own. */
async function asked(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<IncomingMessage> {
  const request = get(`${url}metadata/timestamp.json`, { agent: false, headers });
  const [answer] = (await once(request, "response")) as [IncomingMessage];
  answer.resume();
  return answer;
}

test("entrances are open beside the HAProxy, to the tickets that came over it", {
  skip,
}, async (t) => {
  const { dir } = await TestVendor.make(folderFor(t));
  const port = await freePort();
  const args = ["--dir", dir, "--workers", "1", "--edge", "haproxy", "--entrances", `${port}`];
  const { url, edge } = await serve(t, ...args);
  assert.notEqual(edge, null);
  const given = await asked(url, {});
  const headers = { authorization: `Bearer ${String(given.headers["causeway-ticket"])}` };
  const entrance = `http://127.0.0.1:${port}/`;
  for (const way of [url, entrance]) {
    const { statusCode } = await asked(way, headers);
    assert.equal(statusCode, 200);
  }
  await assert.rejects(asked(entrance, {}), /socket hang up/);
});
