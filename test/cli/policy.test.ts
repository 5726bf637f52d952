import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { causeway, causewayJson, folderFor, serve } from "../support/cli.ts";
import { TestVendor } from "../support/vendor.ts";

/** The status that who asks for the timestamp by that name gets. */
function statusFor(url: string, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const target = new URL("metadata/timestamp.json", url);
    const request = get(target, { headers: { Host: host }, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.once("error", reject);
  });
}

async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let round = 0; round < 400; round++) {
    if (await holds()) return;
    await sleep(50);
  }
  throw new Error(`still not so: ${what}`);
}

test("a name is retired on all origins by what is signed, and on one by its admin port", async (t) => {
  const { dir, tree } = await TestVendor.make(folderFor(t));
  const origin = await serve(t, "--dir", dir, "--workers", "2", "--admin-port", "0");
  const admin = origin.adminUrl ?? "";

  const nothing = await causewayJson(["policy", "show", "--dir", dir]);
  assert.deepEqual([nothing.code, (nothing.json as { version: null }).version], [0, null]);
  const retire = ["policy", "retire", "Update.Example.com", "b.example", "--for", "7d"];
  const signed = await causewayJson([...retire, "--dir", dir]);
  assert.equal(signed.code, 0, signed.stderr);
  const { file, policy } = signed.json as { file: string; policy: { retired: object[] } };
  assert.equal(file, path.join(dir, "policy.json"));
  assert.equal(policy.retired.length, 2);
  await eventually("the name is retired", async () => {
    return (await statusFor(origin.url, "update.example.com")) === 503;
  });
  assert.equal(await statusFor(origin.url, "other.example"), 200);
  assert.ok(!existsSync(path.join(tree, "policy.json")), "it is not published");

  const drain = ["policy", "drain", "--grace", "0", "--origin", admin];
  const drained = await causeway(drain);
  assert.match(drained.stdout, /^ {2}retired {3}b\.example until /m);
  assert.match(drained.stdout, /^ {2}draining {2}refuses from /m);
  await eventually(
    "it refuses",
    async () => (await statusFor(origin.url, "other.example")) === 503,
  );
  assert.equal((await causeway(["policy", "undrain", "--origin", admin])).code, 0);
  await eventually("it serves", async () => (await statusFor(origin.url, "other.example")) === 200);

  const shares = ["policy", "shares", "--origin", admin];
  const shared = await causeway([...shares, "--machine", "50", "--newcomers", "40"]);
  assert.match(shared.stdout, /^ {2}shares {4}a machine 50 %, newcomers at least 40 % until /m);
  assert.equal((await causeway([...shares, "--usual"])).code, 0);

  const opened = await causeway(["policy", "open", "line", "puzzle", "--origin", admin]);
  assert.match(opened.stdout, /^ {2}open {6}line until .*\n {2}open {6}puzzle until /m);
  const closed = await causeway(["policy", "close", "line", "puzzle", "--origin", admin]);
  assert.doesNotMatch(closed.stdout, /open {6}/);

  const there = await causeway(["policy", "restore", "b.example", "--origin", admin]);
  assert.deepEqual([there.code, /is not retired here/.test(there.stderr)], [2, true]);
  const shown = await causewayJson(["policy", "show", "--origin", admin]);
  const { own, inForce } = shown.json as { own: object; inForce: { retired: object[] } };
  assert.deepEqual(own, { retired: [] });
  assert.equal(inForce.retired.length, 2);

  assert.equal((await causeway(["policy", "restore", "b.example", "--dir", dir])).code, 0);
  await eventually(
    "it is restored",
    async () => (await statusFor(origin.url, "b.example")) === 200,
  );
  assert.equal(await statusFor(origin.url, "update.example.com"), 503);
});

test("a stolen ticket key is revoked by its id, and another one is named to sign", async (t) => {
  const { dir } = await TestVendor.make(folderFor(t));
  const rotate = ["keys", "rotate", "tickets", "--dir", dir];
  const { newKid, oldKid } = (await causewayJson(rotate)).json as Readonly<Record<string, string>>;
  assert.ok(newKid !== undefined && oldKid !== undefined);
  const revoked = await causeway(["policy", "revoke", oldKid, "--dir", dir]);
  assert.equal(revoked.code, 0);
  assert.doesNotMatch(revoked.stderr, /has the id|nobody/);
  assert.match(revoked.stdout, new RegExp(`^  revoked   tickets of key ${oldKid}, until`, "m"));
  const signs = await causeway(["policy", "sign-with", newKid, "--for", "1h", "--dir", dir]);
  assert.match(signs.stdout, new RegExp(`^  signs     key ${newKid} until `, "m"));

  const mistyped = await causeway(["policy", "revoke", "0a1b", "--dir", dir]);
  assert.deepEqual(
    [mistyped.code, /no ticket key .* has the id 0a1b\./.test(mistyped.stderr)],
    [0, true],
  );
  const last = await causeway(["policy", "revoke", newKid, "--dir", dir]);
  assert.match(last.stderr, /nobody has a good ticket.* until causeway keys rotate tickets/);

  for (const kid of [oldKid, newKid, "0a1b"])
    assert.equal((await causeway(["policy", "accept", kid, "--dir", dir])).code, 0);
  const usual = await causewayJson(["policy", "sign-with", "--usual", "--dir", dir]);
  assert.deepEqual((usual.json as { policy: object }).policy, { retired: [] });
});

test("what cannot be done is told, and changes nothing", async (t) => {
  const { dir } = await TestVendor.make(folderFor(t));
  const mistakes: readonly (readonly [readonly string[], number, RegExp])[] = [
    [["retire", "http://a/", "--dir", dir], 2, /no host name/],
    [["retire", "a.example", "--for", "2y", "--dir", dir], 2, /90m, 24h or 7d/],
    [["restore", "a.example", "--dir", dir], 2, /is not retired here/],
    [["drain", "--dir", dir], 2, /say what to drain/],
    [["shares", "--newcomers", "19", "--dir", dir], 2, /from 20 to 80/],
    [["shares", "--usual", "--machine", "50", "--dir", dir], 2, /or --usual alone/],
    [["open", "lines", "--dir", dir], 2, /did you mean line\? \[/],
    [["close", "all", "--dir", dir], 2, /all is not open here; open are: none/],
    [["revoke", "no id", "--dir", dir], 2, /"no id" is no id of a ticket key/],
    [["accept", "0a1b", "--dir", dir], 2, /0a1b is not revoked here; revoked are: none/],
    [["sign-with", "--dir", dir], 2, /say the id of a key, or --usual alone/],
    [["sign-with", "0a1b", "--usual", "--dir", dir], 2, /or --usual alone/],
    [["show", "--origin", "127.0.0.1:1"], 2, /no admin port/],
    [["show", "--origin", "http://127.0.0.1:1"], 1, /nothing listens there/],
    [["retire", "a.example", "--dir", path.join(dir, "..")], 2, /causeway\.yaml/],
  ];
  for (const [args, code, message] of mistakes) {
    const ended = await causeway(["policy", ...args]);
    assert.equal(ended.code, code, `${args.join(" ")}: ${ended.stderr}`);
    assert.match(ended.stderr, message);
  }
  const file = path.join(dir, "policy.json");
  assert.ok(!existsSync(file));
  writeFileSync(file, "{}");
  const damaged = await causeway(["policy", "retire", "a.example", "--dir", dir]);
  assert.deepEqual([damaged.code, /Move it away/.test(damaged.stderr)], [3, true]);
  assert.equal(readFileSync(file, "utf8"), "{}");
});
