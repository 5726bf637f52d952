import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "../support/listening.ts";
import { skipWithout } from "./support/program.ts";
import { FormatsVendor, noise } from "./support/vendor.ts";
import { liar, origin, temporaryFolder } from "./support/web.ts";

const run = promisify(execFile);
const base = "patches/reader/1.0.0/any/reader.bin";

interface Published {
  readonly vendor: FormatsVendor;
  readonly bytes: Buffer;
  /** An empty folder to load into. */
  readonly into: string;
}

/** A patch of some pieces over routes of these kinds, in this order; each on a host of its own. */
async function published(
  t: TestContext,
  kinds: readonly ("good" | "dead" | "lying")[],
): Promise<Published> {
  const folder = temporaryFolder(t);
  const vendor = await FormatsVendor.make(folder);
  const routes = {
    good: await origin(t, vendor.tree),
    dead: `http://127.0.0.2:${await freePort()}/`,
    lying: (await liar(t, vendor.tree)).replace("127.0.0.1", "localhost"),
  };
  const lines = kinds.map((kind, at) => {
    return `  - { id: ${kind}, url: "${routes[kind]}", priority: ${at + 1}, private: true }\n`;
  });
  vendor.configure(`name: Contoso\nroutes:\n${lines.join("")}`);
  const bytes = noise(3_000_000);
  await vendor.add(bytes);
  await vendor.publish();
  const into = path.join(folder, "into");
  mkdirSync(into);
  return { vendor, bytes, into };
}

test("aria2 loads a patch by its Metalink, past a dead route and one that lies", {
  skip: skipWithout("aria2c"),
}, async (t) => {
  const { vendor, bytes, into } = await published(t, ["dead", "lying", "good"]);
  const options = ["--no-conf", "-q", "-d", into];
  await run("aria2c", [...options, "-M", vendor.page(`${base}.meta4`)]);
  assert.ok(readFileSync(path.join(into, "reader.bin")).equals(bytes));
});

test("wget2 loads a patch by its Metalink", {
  skip: skipWithout("wget2"),
}, async (t) => {
  const { vendor, bytes, into } = await published(t, ["good", "dead"]);
  const options = ["--no-config", "-q", "--force-metalink=on"];
  await run("wget2", [...options, "-i", vendor.page(`${base}.meta4`)], { cwd: into });
  assert.ok(readFileSync(path.join(into, "reader.bin")).equals(bytes));
});

test("aria2 loads a patch by its torrent from routes alone", {
  skip: skipWithout("aria2c"),
}, async (t) => {
  const { vendor, bytes, into } = await published(t, ["dead", "lying", "good"]);
  const alone = ["--enable-dht=false", "--enable-dht6=false", "--enable-peer-exchange=false"];
  const options = ["--no-conf", "-q", "-d", into, "--seed-time=0", "-t5", ...alone];
  await run("aria2c", [...options, "-T", vendor.page(`${base}.torrent`)]);
  assert.ok(readFileSync(path.join(into, "reader.bin")).equals(bytes));
});

test("transmission loads a patch by its torrent from routes alone", {
  skip: skipWithout("transmission-cli"),
}, async (t) => {
  const { vendor, bytes, into } = await published(t, ["good", "dead"]);
  const home = path.join(into, ".transmission");
  mkdirSync(home);
  const off = { "dht-enabled": false, "lpd-enabled": false, "pex-enabled": false };
  const quiet = { ...off, "utp-enabled": false, "port-forwarding-enabled": false };
  const loopback = { "bind-address-ipv4": "127.0.0.1", "bind-address-ipv6": "::1" };
  writeFileSync(path.join(home, "settings.json"), JSON.stringify({ ...quiet, ...loopback }));
  const torrent = vendor.page(`${base}.torrent`);
  const child = spawn("transmission-cli", ["-g", home, "-w", into, torrent], { stdio: "ignore" });
  t.after(() => child.kill("SIGKILL"));
  const file = path.join(into, "reader.bin");
  // It goes on as a seed for ever.
  for (let round = 0; round < 600; round++) {
    if (existsSync(file) && readFileSync(file).equals(bytes)) return;
    await sleep(100);
  }
  assert.fail("after a minute it is not there");
});

test("sha256sum checks a patch by the sums in its folder", {
  skip: skipWithout("sha256sum"),
}, async (t) => {
  const { vendor, bytes, into } = await published(t, ["good"]);
  cpSync(vendor.page("patches/reader/1.0.0/any/SHA256SUMS"), path.join(into, "SHA256SUMS"));
  writeFileSync(path.join(into, "reader.bin"), bytes);
  const check = (): Promise<unknown> =>
    run("sha256sum", ["-c", "--strict", "SHA256SUMS"], { cwd: into });
  await check();
  bytes.writeUInt8(bytes.readUInt8(7) ^ 1, 7);
  writeFileSync(path.join(into, "reader.bin"), bytes);
  await assert.rejects(check());
});
