import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { causeway, causewayJson, folderFor, serve } from "../support/cli.ts";
import { freePort } from "../support/listening.ts";
import { TestVendor } from "../support/vendor.ts";

const name = 'It\'s "Contoso" \\ ${HOME} $uri\n  user root\n}';
const routes = `
routes:
  - { id: primary, url: "https://updates.example" }
  - { id: far, url: "https://far.example/$uri/'%[src]/" }
`;

/** A vendor whose names try to be configuration, in a folder of such a name. */
async function hostileVendor(t: TestContext): Promise<TestVendor> {
  const folder = path.join(folderFor(t), `it's "here" $x #`);
  mkdirSync(folder);
  const vendor = await TestVendor.make(folder);
  const config = path.join(vendor.dir, "causeway.yaml");
  const text = readFileSync(config, "utf8").replace(/^routes: \[\]$/m, () => routes);
  writeFileSync(
    config,
    text.replace(/^name: .*$/m, () => `name: ${JSON.stringify(name)}`),
  );
  const secret = "A".repeat(43);
  const keys = [{ kid: "k1", secret, createdAt: "2026-01-01T00:00:00Z" }];
  writeFileSync(path.join(vendor.dir, "keys", "tickets.json"), JSON.stringify({ keys }));
  return vendor;
}

function missing(program: string): string | false {
  return spawnSync(program, ["-v"]).error === undefined ? false : `no ${program} here`;
}

function accepts(program: string, ...args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  assert.equal(status, 0, stdout + stderr);
}

test("HAProxy accepts what edge haproxy writes, wherever it goes", {
  skip: missing("haproxy"),
}, async (t) => {
  const { dir } = await hostileVendor(t);
  const printed = await causeway(["edge", "haproxy", "--dir", dir]);
  assert.equal(printed.code, 0, printed.stderr);
  const copy = path.join(folderFor(t), "h.cfg");
  writeFileSync(copy, printed.stdout);
  accepts("haproxy", "-c", "-f", copy);
  assert.doesNotMatch(printed.stdout, /^\s*user root/m);
  assert.doesNotMatch(printed.stdout, /AAAA/, "the configuration itself holds no secret");

  const out = path.join(dir, "..", "out", "haproxy.cfg");
  const peers = ["--peer", "edge-1=127.0.0.1:10000", "--peer", "edge-2=[::1]:10000"];
  const where = ["--origin", "127.0.0.1:1", "--files", "127.0.0.1:2"];
  const args = ["--route", "primary", "--behind", "10.0.0.0/8", "--out", out];
  const { code, json } = await causewayJson([
    "edge",
    "haproxy",
    "--dir",
    dir,
    ...peers,
    ...where,
    ...args,
  ]);
  assert.equal(code, 0, JSON.stringify(json));
  const { engine, keys } = json as { engine: string; keys: number };
  assert.deepEqual({ engine, keys }, { engine: "haproxy", keys: 1 });
  accepts("haproxy", "-c", "-f", out);
  const keyMap = path.join(path.dirname(out), "ticket-keys.map");
  assert.equal(statSync(keyMap).mode & 0o777, 0o600);
  assert.match(readFileSync(keyMap, "utf8"), /^[\w-]+ A{43}\n$/);

  assert.equal((await causeway(["policy", "revoke", "k1", "--dir", dir])).code, 0);
  const revoked = await causewayJson(["edge", "haproxy", "--dir", dir, "--out", out]);
  assert.equal((revoked.json as { keys: number }).keys, 0, revoked.stderr);
  assert.equal(readFileSync(keyMap, "utf8"), "");
});

test("nginx accepts what edge nginx writes", { skip: missing("nginx") }, async (t) => {
  const { dir } = await hostileVendor(t);
  const out = path.join(folderFor(t), "nginx.conf");
  const pid = path.join(folderFor(t), "it's.pid");
  const args = ["--route", "primary", "--behind", "10.0.0.0/8", "--pid-file", pid, "--out", out];
  const { code, json } = await causewayJson(["edge", "nginx", "--dir", dir, ...args]);
  assert.equal(code, 0, JSON.stringify(json));
  accepts("nginx", "-t", "-q", "-c", out);
  assert.match(readFileSync(out, "utf8"), /far\.example/);
  assert.doesNotMatch(readFileSync(out, "utf8"), /^\s*user root/m);
  const printed = await causeway(["edge", "nginx", "--dir", dir]);
  writeFileSync(out, printed.stdout);
  accepts("nginx", "-t", "-q", "-c", out);
});

test("wrong addresses, names and peers are said before anything is written", async (t) => {
  const { dir } = await hostileVendor(t);
  const wrong = [
    ["--origin", "10.0.0.1:80 check\nuser root"],
    ["--listen", "nowhere"],
    ["--behind", "10.0.0.0/99"],
    ["--name", "a b"],
    ["--user", "root\n"],
    ["--peer", "edge-2=127.0.0.1:1"],
    ["--peer", "edge-1=127.0.0.1:1", "--peer", "edge-1=127.0.0.1:2"],
    ["--peer", "127.0.0.1:1"],
    ["--route", "nowhere"],
  ];
  for (const args of wrong) {
    const { code, json } = await causewayJson(["edge", "haproxy", "--dir", dir, ...args]);
    assert.equal(code, 2, args.join(" "));
    assert.match(JSON.stringify(json), /"code":"USAGE_/);
  }
  assert.throws(() => statSync(path.join(dir, "edge")), { code: "ENOENT" });
});

test("a running edge is changed by commands, and keeps what was changed", {
  skip: missing("haproxy"),
}, async (t) => {
  const vendor = await hostileVendor(t);
  await vendor.release("1.0", Buffer.from("patch"));
  const { url } = await serve(t, "--dir", vendor.dir);
  const [port, folder] = [await freePort(), folderFor(t)];
  chmodSync(folder, 0o755);
  const [out, control] = [path.join(folder, "haproxy.cfg"), path.join(folder, "control")];
  const at = ["--listen", `127.0.0.1:${port}`, "--origin", new URL(url).host, "--control", control];
  await vendor.run("edge", "haproxy", "--dir", vendor.dir, ...at, "--out", out);
  const engine = spawn("haproxy", ["-db", "-f", out], { stdio: "ignore" });
  t.after(() => engine.kill("SIGKILL"));
  for (let round = 0; ; round++) {
    if (spawnSync("test", ["-S", control]).status === 0) break;
    assert.ok(round < 200, "HAProxy did not start");
    await sleep(25);
  }
  const timestamp = async (): Promise<number> => {
    const answer = await fetch(`http://127.0.0.1:${port}/metadata/timestamp.json`);
    await answer.arrayBuffer();
    return answer.status;
  };
  assert.equal(await timestamp(), 200);
  const change = ["edge", "change", "--control", control, "--folder", folder];
  await vendor.run(...change, "--retire", "127.0.0.1");
  assert.equal(await timestamp(), 503);
  assert.equal(readFileSync(path.join(folder, "retired-hosts.map"), "utf8"), "127.0.0.1 retired\n");
  await vendor.run(...change, "--restore", "127.0.0.1");
  assert.equal(await timestamp(), 200);
  const keys = path.join(vendor.dir, "keys", "tickets.json");
  const { json } = await causewayJson([...change, "--keys", keys]);
  assert.deepEqual(json, { retired: [], opened: [], keys: 1 });
  const keyMap = path.join(folder, "ticket-keys.map");
  const revoked = await causewayJson([...change, "--revoke", "k1"]);
  assert.deepEqual(revoked.json, { retired: [], opened: [], keys: 0 });
  assert.equal(readFileSync(keyMap, "utf8"), "");
  const still = await causewayJson([...change, "--keys", keys, "--revoke", "k1"]);
  assert.deepEqual(still.json, { retired: [], opened: [], keys: 0 });
  assert.doesNotMatch(still.stderr, /had no ticket key/);
  const mistyped = await causewayJson([...change, "--revoke", "kl"]);
  assert.equal(mistyped.code, 0);
  assert.match(mistyped.stderr, /had no ticket key with the id kl/);
  await vendor.run(...change, "--drain", "origin-1");
  assert.equal(await timestamp(), 503);
  await vendor.run(...change, "--ready", "origin-1");
  assert.equal(await timestamp(), 200);
  const { json: opened } = await causewayJson([...change, "--open", "line", "--for", "90m"]);
  assert.match(JSON.stringify(opened), /"opened":\[\{"rule":"line","until":"20[^"]*Z"\}\]/);
  assert.match(readFileSync(path.join(folder, "open-rules.map"), "utf8"), /^line \d+\n$/);
  const closed = await vendor.run(...change, "--close", "line");
  assert.equal(closed, "changed; retired names: none; open rules: none\n");
  assert.equal(readFileSync(path.join(folder, "open-rules.map"), "utf8"), "");
  const mistakes: readonly (readonly [readonly string[], RegExp])[] = [
    [["--open", "lines"], /did you mean line\?"/],
    [["--open", "line", "--for", "400d"], /at most a year/],
    [["--retire", "a.example", "--for", "1h"], /say what to open/],
  ];
  for (const [args, message] of mistakes) {
    const { code, json: mistake } = await causewayJson([...change, ...args]);
    assert.equal(code, 2, args.join(" "));
    assert.match(JSON.stringify(mistake), message);
  }
  const none = await causewayJson([...change, "--keys", path.join(folder, "none.json")]);
  assert.match(JSON.stringify(none.json), /KEY_MISSING/);
  const idle = await causewayJson([...change]);
  assert.match(JSON.stringify(idle.json), /USAGE_ARGUMENT/);
});

test("systemd accepts the units of docs/outgrow.md", { skip: missing("systemd-analyze") }, (t) => {
  const folder = folderFor(t);
  const program = path.join(folder, "causeway");
  writeFileSync(program, "#!/bin/sh\n", { mode: 0o755 });
  const files = ["origin", "nginx", "haproxy", "edge-watch"].map((unit) => {
    const source = new URL(`../../docs/units/causeway-${unit}.service`, import.meta.url);
    const file = path.join(folder, `causeway-${unit}.service`);
    // Ours is not installed here, and the engines may be elsewhere; the rest is as it is.
    const text = readFileSync(source, "utf8").replace(/^(ExecStart(?:Pre)?=)\S+/gm, `$1${program}`);
    writeFileSync(file, text);
    return file;
  });
  const verified = spawnSync("systemd-analyze", ["verify", "--man=no", ...files], {
    encoding: "utf8",
  });
  // An unknown key is a line of its own, and no failure.
  assert.equal(verified.stdout + verified.stderr, "");
  assert.equal(verified.status, 0);
});
