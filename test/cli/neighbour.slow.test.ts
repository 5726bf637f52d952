import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  globSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import {
  Network,
  noNetworkHere,
  type Running,
} from "../../packages/neighbour/test/support/network.ts";
import { causeway, checkout, commandLine } from "../support/cli.ts";
import { programBytes, TestVendor } from "../support/vendor.ts";

const options = { skip: noNetworkHere ?? false, timeout: 120_000 };
const dead = "http://10.78.1.250:8000";
const bytes = programBytes(600_000);

let folder: string;
let vendor: TestVendor;
let network: Network;
before(async () => {
  if (noNetworkHere !== undefined) return;
  folder = mkdtempSync(path.join(tmpdir(), "causeway-neighbours-"));
  vendor = await TestVendor.make(folder);
  await vendor.release("1.0", bytes);
  await vendor.run("bundle", "create", stick(), "--dir", vendor.dir);
  network = new Network("cli");
  for (const [at, name] of ["a", "b", "c", "d", "e"].entries())
    network.join(name, `10.78.1.${at + 1}/24`);
});
after(() => {
  network?.remove();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

function stick(): string {
  return path.join(folder, "contoso.causeway");
}

/** `causeway ARGS` for a machine of the network. */
function causewayOn(...args: readonly string[]): readonly string[] {
  const { file, args: words, env } = commandLine(args);
  const settings = Object.entries({ ...env, http_proxy: dead, https_proxy: dead });
  return [
    "env",
    "-i",
    "-C",
    checkout,
    ...settings.map(([key, value]) => `${key}=${value}`),
    file,
    ...words,
  ];
}

function state(name: string): string {
  return path.join(folder, `state-${name}`);
}

function serveOn(name: string, port: number, ...more: readonly string[]): Promise<Running> {
  const words = ["neighbour", "--state", state(name), "--port", String(port), ...more];
  return network.start(name, ...causewayOn(...words));
}

interface Got {
  readonly routes: readonly { readonly url: string; readonly state: string }[];
}

/** Gets the patch on a machine, whose vendor is dead, from others around. */
async function getOn(name: string, how = ["--neighbours"]): Promise<Got> {
  const output = path.join(folder, `reader-${name}`);
  const known = ["--state", state(name), "--trust", vendor.root, "--route", dead];
  const words = ["get", "reader", ...known, ...how, "-o", output, "--json"];
  const said = await network.run(name, ...causewayOn(...words));
  assert.match(said, /"sha256"/);
  assert.deepEqual(readFileSync(output), bytes);
  return JSON.parse(said) as Got;
}

function goodRoutes({ routes }: Got): readonly string[] {
  return routes.filter(({ state: each }) => each === "ok").map(({ url }) => url);
}

test("a patch goes from machine to machine while everything else is dead", options, async () => {
  await vendor.run("bundle", "apply", stick(), "--state", state("a"), "--trust", vendor.root);
  const first = await serveOn("a", 8_100);
  assert.match(first.first, /held to neighbours, at port 8100/);
  assert.deepEqual(goodRoutes(await getOn("b")), ["http://10.78.1.1:8100/"]);
  await first.end("SIGINT");

  const second = await serveOn("b", 8_200);
  assert.deepEqual(goodRoutes(await getOn("c")), ["http://10.78.1.2:8200/"]);
  await second.end("SIGINT");
});

test("a neighbour that vanishes in the middle leaves the rest to others", options, async () => {
  const slow = ["--upload-limit", "100000"];
  const both = await Promise.all([serveOn("a", 8_100, ...slow), serveOn("b", 8_200, ...slow)]);
  const getting = getOn("d");
  // At both rates together it takes three seconds.
  while (!readdirSync(folder).some((name) => /reader-d.*\.part$/.test(name))) await pause(50);
  network.unplug("a");
  assert.equal(goodRoutes(await getting).includes("http://10.78.1.2:8200/"), true);
  for (const each of both) await each.end("SIGINT");
});

/** What a neighbour says on a machine without a network, until it says that nobody hears it. */
async function saidAlone(name: string): Promise<string> {
  const { file, args, env } = commandLine(["neighbour", "--state", state(name)]);
  const child = spawn("unshare", ["--net", file, ...args], { cwd: checkout, env });
  const end = setTimeout(() => child.kill("SIGINT"), 20_000);
  const ending = once(child, "exit");
  let said = "";
  let isEnding = false;
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    if (isEnding || !said.includes("no network hears of it")) return;
    isEnding = true; // once: a second one ends it by the signal
    child.kill("SIGINT");
  });
  assert.deepEqual(await ending, [0, null], said);
  clearTimeout(end);
  return said;
}

test("a neighbour that nobody can hear says so", options, async () => {
  assert.match(await saidAlone("a"), /^warning: no network hears of it: .* on none, or UDP port/m);
  cpSync(state("a"), state("bare"), { recursive: true });
  rmSync(path.join(state("bare"), "held"), { recursive: true });
  const both =
    /^warning: it holds nothing yet: .*\nwarning: no network hears of it: .* on none\.$/m;
  assert.match(await saidAlone("bare"), both);
  const get = commandLine(["get", "reader", "--neighbours", "--state", state("alone")]);
  const alone = spawnSync("unshare", ["--net", get.file, ...get.args, "--trust", vendor.root], {
    cwd: checkout,
    env: get.env,
    encoding: "utf8",
  });
  assert.equal(alone.status, 4);
  assert.match(alone.stderr, /^no machine of this network says.*\nerror: no neighbour was found/);
  const here = ["mirror", "--dir", path.join(folder, "none"), "--serve", "127.0.0.1:0"];
  const { code, stderr } = await causeway([...here, "--tell-neighbours"]);
  assert.equal(code, 2);
  assert.match(stderr, /no other machine reaches 127\.0\.0\.1; write --serve 0/);
});

test("a fleet's machines find its mirror without being told to look", options, async () => {
  const dir = path.join(folder, "mirror");
  const from = ["--trust", vendor.root, "--route", pathToFileURL(stick()).href];
  const serve = ["--serve", "8300", "--edge", "off", "--tell-neighbours"];
  const mirror = await network.start("b", ...causewayOn("mirror", ...from, "--dir", dir, ...serve));
  const ticket = path.join(folder, "ticket.json");
  const text = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjQwMDAwMDAwMDB9.c2lnbmF0dXJl";
  writeFileSync(
    ticket,
    JSON.stringify({ _type: "causeway-fleet-ticket", url: `${dead}/`, ticket: text }),
    { mode: 0o600 },
  );
  const expected = ["http://10.78.1.2:8300/"];
  assert.deepEqual(goodRoutes(await getOn("e", ["--ticket", ticket])), expected);
  await mirror.end("SIGINT");
});

test("no command loads what finds neighbours but those that need it", () => {
  const cli = path.join(checkout, "packages", "cli", "src");
  const imports = globSync("**/*.ts", { cwd: cli }).flatMap((name) => {
    const lines = readFileSync(path.join(cli, name), "utf8").split("\n");
    return lines.filter((line) => line.includes('"@causeway/neighbour"'));
  });
  assert.ok(imports.length > 0);
  for (const line of imports) assert.match(line, /await import\("@causeway\/neighbour"\)/);
});
