import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, copyFileSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { causeway, causewayJson, ended, folderFor, serve, start } from "../support/cli.ts";
import { freePort } from "../support/listening.ts";
import { programBytes, TestVendor } from "../support/vendor.ts";

interface Claims {
  readonly aud: string;
  readonly sub: string;
  readonly since: number;
  readonly exp: number;
  readonly ent?: readonly number[];
}

interface Mirror {
  readonly url: string;
  readonly authorizations: readonly (string | undefined)[];
}

/** Somebody else's copy of the tree, who writes down what is shown to them. */
async function mirrorOf(t: TestContext, tree: string): Promise<Mirror> {
  const authorizations: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization);
    try {
      response.end(readFileSync(path.join(tree, decodeURIComponent(request.url ?? ""))));
    } catch {
      response.writeHead(404).end();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, authorizations };
}

function claimsIn(text: string): readonly Claims[] {
  const tokens = text.match(/eyJ[\w-]*\.[\w-]+\.[\w-]+/g) ?? [];
  return tokens.map((token) => {
    return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Claims;
  });
}

test("a machine is known to the origin by its second run, and to nobody else", async (t) => {
  const folder = folderFor(t);
  const vendor = await TestVendor.make(folder);
  await vendor.release("1.0", programBytes(300_000));
  const config = path.join(vendor.dir, "causeway.yaml");
  const routes = 'routes:\n  - { id: web-1, url: "https://updates.example/" }\n';
  writeFileSync(config, readFileSync(config, "utf8").replace(/^routes: \[\]$/m, routes));
  const origin = await serve(t, "--dir", vendor.dir, "--route", "web-1", "--workers", "2");
  const mirror = await mirrorOf(t, vendor.tree);
  const state = path.join(folder, "state");
  const notes = path.join(state, "routes.json");
  const get = ["get", "reader", "--trust", vendor.root, "--state", state];
  const via = ["--route", origin.url, "--route", mirror.url, "-o", path.join(folder, "got")];

  /** One run of a program of its own. @returns what it keeps of tickets */
  const run = async (): Promise<Claims> => {
    const { code, json, stderr } = await causewayJson([...get, ...via]);
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(JSON.stringify(json) + stderr, /eyJ/);
    const [claims, ...more] = claimsIn(readFileSync(notes, "utf8"));
    assert.ok(claims !== undefined && more.length === 0);
    assert.equal(statSync(notes).mode & 0o777, 0o600);
    return claims;
  };

  const first = await run();
  assert.equal(first.aud, "web-1");
  assert.equal(first.since, first.exp - 86_400);
  await sleep(1_100);
  const second = await run();
  assert.deepEqual([second.sub, second.since], [first.sub, first.since]);
  assert.ok(second.exp > first.exp, "it is good for longer");

  const rotate = ["keys", "rotate", "tickets", "--dir", vendor.dir];
  assert.equal((await causeway(rotate)).code, 0);
  await sleep(1_500); // the origin looks each half second
  const third = await run();
  assert.deepEqual([third.sub, third.since], [first.sub, first.since], "the old key is good");
  assert.equal((await causeway(rotate)).code, 0);
  await sleep(1_500);
  const fourth = await run();
  assert.notEqual(fourth.sub, first.sub, "who shows a ticket of an ended key is somebody new");
  assert.ok(fourth.since > first.since);

  assert.ok(mirror.authorizations.length > 4);
  assert.deepEqual(new Set(mirror.authorizations), new Set([undefined]));
});

test("init makes the keys of tickets, which are listed and rotated without a word of them", async (t) => {
  const { dir } = await TestVendor.make(folderFor(t));
  const file = path.join(dir, "keys", "tickets.json");
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const secrets: string[] = [];
  const told: string[] = [];
  for (let round = 0; round < 3; round++) {
    const { keys } = JSON.parse(readFileSync(file, "utf8")) as { keys: { secret: string }[] };
    assert.equal(keys.length, Math.min(round + 1, 2));
    secrets.push(...keys.map(({ secret }) => secret));
    const list = await causewayJson(["keys", "list", "--dir", dir]);
    const { tickets } = list.json as { tickets: { state: string }[] };
    const states = tickets.map(({ state }) => state);
    assert.deepEqual(states, round === 0 ? ["signs"] : ["waits", "signs"]);
    const shown = await causeway(["keys", "list", "--dir", dir]);
    assert.match(shown.stdout, /^tickets +[0-9a-f]{12} +signs +made \d{4}-.*keys\/tickets\.json$/m);
    const rotated = await causeway(["keys", "rotate", "tickets", "--dir", dir]);
    assert.equal(rotated.code, 0, rotated.stderr);
    assert.match(rotated.stdout, /^tickets: key [0-9a-f]{12} signs from \d{4}-.*\n {2}tickets of/);
    told.push(JSON.stringify(list.json), shown.stdout, rotated.stdout, rotated.stderr);
  }
  assert.match(told.join(), /are worth nothing any more/);
  for (const secret of secrets) assert.equal(told.join().includes(secret), false);

  writeFileSync(file, "{");
  const damaged = await causeway(["keys", "list", "--dir", dir]);
  assert.equal(damaged.code, 0);
  assert.match(damaged.stderr, /warning: .*tickets\.json holds no ticket keys/);
  const refused = await causewayJson(["keys", "rotate", "tickets", "--dir", dir]);
  assert.equal(refused.code, 2);
  assert.match(JSON.stringify(refused.json), /KEY_UNREADABLE/);
  const elsewhere = await causewayJson(["keys", "rotate", "tickets", "--dir", path.dirname(dir)]);
  assert.match(JSON.stringify(elsewhere.json), /CONFIG_MISSING/);
  const one = await causewayJson(["keys", "rotate", "tickets", "--key", "ab", "--dir", dir]);
  assert.match(JSON.stringify(one.json), /USAGE_ARGUMENT/);
});

test("a fleet's machines are known to their route from the first request on, and to no mirror", async (t) => {
  const folder = folderFor(t);
  const vendor = await TestVendor.make(folder);
  await vendor.release("1.0", programBytes(100_000));
  const origin = await serve(t, "--dir", vendor.dir, "--workers", "1", "--admin-port", "0");
  const mirror = await mirrorOf(t, vendor.tree);
  const ticket = path.join(folder, "acme.json");
  const give = ["keys", "fleet-ticket", "acme", "--machines", "500", "--url", origin.url];
  await vendor.run(...give, "--dir", vendor.dir, "-o", ticket);
  const routes = ["--route", origin.url, "--route", mirror.url];
  const get = (name: string, ...args: readonly string[]): ReturnType<typeof causeway> => {
    const state = ["--state", path.join(folder, `state-${name}`), "-o", path.join(folder, name)];
    return causeway(["get", "reader", "--trust", vendor.root, ...routes, ...state, ...args]);
  };
  const shown = async (verdict: string): Promise<number> => {
    const metrics = await (await fetch(`${origin.adminUrl}/metrics`)).text();
    const [, count] =
      new RegExp(`tickets_shown_total{verdict="${verdict}"} (\\d+)`).exec(metrics) ?? [];
    return Number(count);
  };
  const got = await get("one", "--ticket", ticket);
  assert.deepEqual([got.code, got.stderr.includes("warning")], [0, false], got.stderr);
  assert.ok((await shown("good")) > 1);
  assert.deepEqual(new Set(mirror.authorizations), new Set([undefined]));
  const notes = readFileSync(path.join(folder, "state-one", "routes.json"), "utf8");
  assert.deepEqual(
    claimsIn(notes).map(({ sub }) => sub),
    ["fleet-acme"],
  );

  chmodSync(ticket, 0o644);
  const missing = path.join(folder, "none.json");
  const elsewhere = path.join(folder, "else.json");
  await vendor.run(
    ...give.slice(0, -1),
    "https://a.example/",
    "--dir",
    vendor.dir,
    "-o",
    elsewhere,
  );
  const warned = await get("two", "--ticket", ticket, "--ticket", missing, "--ticket", elsewhere);
  assert.equal(warned.code, 0, "nobody goes without the patch because of a ticket");
  assert.match(
    warned.stderr,
    /warning: others on this machine can read .*acme\.json; run: chmod 600/,
  );
  assert.match(warned.stderr, /warning: .*none\.json: there is no such file/);
  assert.match(warned.stderr, /warning: .*else\.json is for https:\/\/a\.example\/ alone/);
  assert.deepEqual([await shown("route"), await shown("signature")], [0, 0]);
});

test("a customer's machines get a ticket by hand, which is told nobody", async (t) => {
  const folder = folderFor(t);
  const { dir } = await TestVendor.make(folder);
  const config = path.join(dir, "causeway.yaml");
  const routes = 'routes:\n  - { id: web-1, url: "https://updates.example" }\n';
  writeFileSync(config, readFileSync(config, "utf8").replace(/^routes: \[\]$/m, routes));
  const give = ["keys", "fleet-ticket", "acme", "--dir", dir, "--machines", "500"];
  const there = { cwd: folder };
  const given = await causewayJson([...give, "--route", "web-1", "--days", "7"], there);
  assert.equal(given.code, 0, given.stderr);
  const { file, ...told } = given.json as Readonly<Record<string, unknown>>;
  assert.equal(file, path.join(folder, "fleet-acme.json"));
  const { expires, ...rest } = told;
  const where = { route: "web-1", url: "https://updates.example/" };
  assert.deepEqual(rest, { fleet: "acme", machines: 500, ...where });
  assert.match(String(expires), /^20\d\d-.*Z$/);
  const text = readFileSync(file ?? "", "utf8");
  const [claims] = claimsIn(text);
  assert.deepEqual([claims?.aud, claims?.sub], ["web-1", "fleet-acme"]);
  assert.deepEqual(claimsIn(JSON.stringify(given.json) + given.stderr), []);

  const unnamed = await causeway(
    [...give, "--url", "http://127.0.0.1:8080/", "-o", "a.json"],
    there,
  );
  assert.match(
    unnamed.stdout,
    /500 machines of acme, until .*\n {2}for http:\/\/127\.0\.0\.1:8080\/ alone/,
  );
  assert.equal(claimsIn(readFileSync(path.join(folder, "a.json"), "utf8"))[0]?.aud, "_origin");
  const mistakes: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /say for which route/],
    [["--route", "web-1", "--url", "https://a.example/"], /say for which route/],
    [["--route", "web-2"], /has no route web-2; it has: web-1/],
    [["--route", "web-1", "--days", "91"], /from 1 to 90/],
    [["--route", "web-1", "--machines", "0"], /from 1 to 1000000/],
    [["--url", "file:///srv/"], /no route over http/],
  ];
  for (const [args, message] of mistakes) {
    const { code, stderr } = await causeway([...give, ...args], there);
    assert.deepEqual([code, message.test(stderr)], [2, true], `${args.join(" ")}: ${stderr}`);
  }
});

test("keys are sent to a running origin elsewhere, which keeps them for itself", async (t) => {
  const folder = folderFor(t);
  const { dir, tree } = await TestVendor.make(folder);
  const there = path.join(folder, "there.json");
  copyFileSync(path.join(dir, "keys", "tickets.json"), there);
  chmodSync(there, 0o644);
  const tickets = ["--ticket-keys", there, "--workers", "2", "--admin-port", "0"];
  const admin = (await serve(t, "--repository", tree, ...tickets)).adminUrl ?? "";
  const rotate = ["keys", "rotate", "tickets", "--dir", dir];
  const { newKid, oldKid } = (await causewayJson(rotate)).json as Readonly<Record<string, string>>;
  const send = ["keys", "send", "--dir", dir, "--origin"];
  const sent = await causeway([...send, admin]);
  assert.equal(sent.code, 0, sent.stderr);
  assert.match(sent.stdout, /it has taken 2 ticket keys\n {2}[0-9a-f]{12} {2}waits\n/);
  assert.equal(statSync(there).mode & 0o777, 0o600);
  const kept = readFileSync(there, "utf8");
  assert.equal(kept, readFileSync(path.join(dir, "keys", "tickets.json"), "utf8"));
  const { keys } = JSON.parse(kept) as { keys: readonly { secret: string }[] };
  for (const { secret } of keys) assert.ok(!sent.stdout.includes(secret));

  await causeway(["policy", "revoke", oldKid ?? "", "--dir", dir]);
  const list = await causewayJson(["keys", "list", "--dir", dir]);
  const { tickets: listed } = list.json as { tickets: { kid: string; state: string }[] };
  assert.deepEqual(
    listed.map(({ kid, state }) => [kid, state]),
    [
      [newKid, "signs"],
      [oldKid, "revoked"],
    ],
  );
  const nobody = await causewayJson([...send, "http://127.0.0.1:1"]);
  assert.match(JSON.stringify(nobody.json), /HOST_IO.*nothing listens there/);
  const far = await causewayJson([...send, "http://192.0.2.1:9100"]);
  assert.deepEqual([far.code, /is another machine/.test(JSON.stringify(far.json))], [2, true]);
  const none = await causewayJson([...send, admin, "--file", path.join(dir, "none.json")]);
  assert.deepEqual([none.code, /KEY_MISSING/.test(JSON.stringify(none.json))], [2, true]);
});

test("a bare tree gives tickets with the keys that it is given, and none without", async (t) => {
  const { dir, tree } = await TestVendor.make(folderFor(t));
  const file = path.join(dir, "keys", "tickets.json");
  const ticketAt = async (...args: readonly string[]): Promise<Claims | undefined> => {
    const { url } = await serve(t, "--repository", tree, "--workers", "1", ...args);
    const answer = await fetch(`${url}metadata/timestamp.json`);
    await answer.arrayBuffer();
    return claimsIn(answer.headers.get("causeway-ticket") ?? "")[0];
  };
  assert.equal(await ticketAt(), undefined);
  assert.equal((await ticketAt("--ticket-keys", file))?.aud, "_origin");
  assert.equal((await ticketAt("--ticket-keys", file, "--route", "web-2"))?.aud, "web-2");
  const alone = await causewayJson(["serve", "--repository", tree, "--route", "web-2"]);
  assert.match(JSON.stringify(alone.json), /--route needs --dir or --ticket-keys/);
});

test("serve opens private entrances, which stand in tickets and in nothing else", async (t) => {
  const { dir } = await TestVendor.make(folderFor(t));
  const [first, second] = [await freePort(), await freePort()];
  const ports = `${first},${second}`;
  const served = await serve(t, "--dir", dir, "--workers", "1", "--entrances", ports);
  const answer = await fetch(`${served.url}metadata/timestamp.json`);
  await answer.arrayBuffer();
  const ticket = answer.headers.get("causeway-ticket") ?? "";
  assert.deepEqual(new Set(claimsIn(ticket)[0]?.ent), new Set([first, second]));
  const told = JSON.stringify([...answer.headers].filter(([name]) => name !== "causeway-ticket"));
  assert.doesNotMatch(told, new RegExp(`${first}|${second}`));
  const inside = `http://127.0.0.1:${first}/metadata/timestamp.json`;
  const headers = { Authorization: `Bearer ${ticket}` };
  assert.equal((await fetch(inside, { headers })).status, 200);
  await assert.rejects(fetch(inside));
  for (const wrong of ["0", "9001-", "9004-9001", "a", "", "9001,,9002", "1-65535", "25"]) {
    const refused = await causewayJson(["serve", "--dir", dir, "--entrances", wrong]);
    assert.equal(refused.code, 2, wrong);
  }
  const tree = path.join(dir, "repository");
  const bare = await causewayJson(["serve", "--repository", tree, "--entrances", "9001"]);
  assert.match(JSON.stringify(bare.json), /--entrances needs --dir or --ticket-keys/);
});

test("who has a ticket gets a new patch while the process at the public port hangs", async (t) => {
  const folder = folderFor(t);
  const vendor = await TestVendor.make(folder);
  await vendor.release("1.0", programBytes(300_000));
  const entrances = `${await freePort()},${await freePort()},${await freePort()}`;
  const args = ["--dir", vendor.dir, "--workers", "1", "--entrances", entrances];
  const origin = await serve(t, ...args);
  const get = async (): ReturnType<typeof causewayJson> => {
    const known = ["--trust", vendor.root, "--state", path.join(folder, "state")];
    const via = ["--route", origin.url, "-o", path.join(folder, "got")];
    return causewayJson(["get", "reader", ...known, ...via]);
  };
  assert.equal((await get()).code, 0);
  await vendor.release("1.1", programBytes(310_000));
  origin.process.kill("SIGSTOP");
  const { code, json, stderr } = await get();
  assert.equal(code, 0, stderr);
  assert.equal((json as { version: string }).version, "1.1");
  assert.doesNotMatch(JSON.stringify(json) + stderr, new RegExp(entrances.replaceAll(",", "|")));
});

test("whoever serves is told when there are no tickets, and when they are those of another", async (t) => {
  const { dir } = await TestVendor.make(folderFor(t));
  const warned = async (): Promise<string> => {
    const server = start([
      "serve",
      "--dir",
      dir,
      "--host",
      "127.0.0.1",
      "--port",
      "0",
      "--edge",
      "off",
    ]);
    t.after(() => server.kill("SIGKILL"));
    const end = ended(server);
    server.stderr?.on("data", (text: string) => {
      if (text.includes("warning:")) server.kill("SIGTERM");
    });
    return (await end).stderr;
  };
  const config = path.join(dir, "causeway.yaml");
  const routes = ["a", "b"].map((id) => `  - { id: ${id}, url: "https://${id}.example/" }\n`);
  const text = readFileSync(config, "utf8");
  writeFileSync(config, text.replace(/^routes: \[\]$/m, `routes:\n${routes.join("")}`));
  assert.match(await warned(), /warning: name this route with --route/);
  rmSync(path.join(dir, "keys", "tickets.json"));
  assert.match(await warned(), /warning: clients get no tickets: there is no .*tickets\.json/);
});
