import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { sha256Of } from "../src/disk/digest.ts";
import { type CarriedRoute, publish, type RsyncConfig } from "../src/index.ts";
import { CarrierProcess } from "../src/publish/carrier-process.ts";
import { RsyncCarrier } from "../src/publish/rsync/rsync-carrier.ts";
import type { TreeFile } from "../src/publish/tree.ts";
import { type Sshd, startSshd } from "./support/sshd.ts";
import { treeDigests } from "./support/tree-digests.ts";
import { patchBytes, TestVendor, temporaryFolder } from "./support/vendor.ts";

const needed = ["/usr/sbin/sshd", "/usr/bin/rsync", "/usr/bin/ssh"];
const skip = needed.every((path) => existsSync(path)) ? false : "no sshd, rsync or ssh here";
let sshd: Sshd;

before(async () => {
  if (skip !== false) return;
  sshd = await startSshd();
});
after(() => sshd?.stop());

function sshOf(key = sshd.key, knownHosts = sshd.knownHosts): string {
  const files = `-i ${key} -o UserKnownHostsFile=${knownHosts}`;
  return `ssh -F none -p ${sshd.port} ${files} -o IdentitiesOnly=yes -o StrictHostKeyChecking=no`;
}

function configOf(path: string, ssh = sshOf()): RsyncConfig {
  const [program = "", ...rest] = ssh.split(" ");
  return {
    id: "far",
    kind: "rsync",
    host: `${sshd.user}@127.0.0.1`,
    path,
    ssh: [program, ...rest],
  };
}

/** A vendor with one far folder and one near one. */
async function vendorOf(
  t: TestContext,
  folder = "far",
): Promise<{ vendor: TestVendor; far: string }> {
  const vendor = await TestVendor.make(t);
  const far = join(vendor.parent, folder);
  const to = JSON.stringify(`${sshd.user}@127.0.0.1:${far}/`);
  await vendor.configure(
    `name: C\ncarriers:\n  - { id: far, kind: rsync, to: ${to}, ssh: "${sshOf()}" }\n` +
      "  - { id: web, kind: folder, path: ../web }\n",
  );
  return { vendor, far };
}

async function assertWhole(vendor: TestVendor, far: string): Promise<void> {
  assert.deepEqual(await treeDigests(far), await treeDigests(join(vendor.parent, "web")));
}

function farRoute(routes: readonly CarriedRoute[]): CarriedRoute | undefined {
  assert.ok(routes.find(({ id }) => id === "web")?.ok, "the other has it all the same");
  return routes.find(({ id }) => id === "far");
}

function fileOf(bytes: Uint8Array): TreeFile {
  const sha256 = sha256Of(bytes);
  return { path: `targets/${sha256}.reader`, length: bytes.length, sha256 };
}

test("a far folder gets exactly the tree, and no file twice; what changed there is repaired", {
  skip,
}, async (t) => {
  const { vendor, far } = await vendorOf(t, "it's; touch pwned $(touch pwned) `touch pwned`");
  await vendor.add({ version: "1.0" });
  const { routes } = await vendor.publish();
  assert.deepEqual(farRoute(routes)?.error, undefined);
  await assertWhole(vendor, far);
  assert.ok(!(await readdir(vendor.parent)).includes("pwned"));
  assert.deepEqual(farRoute((await vendor.publish()).routes), { id: "far", ok: true, bytes: 0 });
  const patch = [...(await treeDigests(far)).keys()].find((path) => path.endsWith(".reader")) ?? "";
  const bytes = await readFile(join(far, patch));
  await writeFile(join(far, patch), bytes.fill(0, 100, 101));
  await writeFile(join(vendor.parent, "web", patch), bytes);
  const all = await publish(vendor.dir, { ...vendor.common(), everyByte: true });
  assert.equal(farRoute(all.routes)?.bytes, patchBytes("1.0").length);
  await assertWhole(vendor, far);
  await writeFile(join(vendor.repository, patch), bytes);
  await writeFile(join(vendor.parent, "web", patch), bytes);
  const restored = await publish(vendor.dir, { ...vendor.common(), everyByte: true });
  assert.ok(
    restored.routes.every(({ ok }) => ok),
    "from there",
  );
  assert.deepEqual(await readFile(join(vendor.repository, patch)), Buffer.from(patchBytes("1.0")));
});

test("an account that is for rsync alone will do", { skip }, async (t) => {
  const far = await temporaryFolder(t);
  await sshd.force(
    'case "$SSH_ORIGINAL_COMMAND" in rsync*) exec $SSH_ORIGINAL_COMMAND;; esac; exit 1',
  );
  t.after(() => sshd.force(undefined));
  const carrier = new RsyncCarrier(configOf(join(far, "a", "b")), () => undefined);
  t.after(() => carrier.finish());
  await carrier.prepare();
  const bytes = Buffer.from("hello");
  const file = fileOf(bytes);
  assert.equal(await carrier.length(file.path), undefined);
  assert.equal(await carrier.write(file, { kind: "bytes", bytes: Buffer.from("hellO") }), false);
  assert.equal(await carrier.write(file, { kind: "bytes", bytes }), true);
  assert.deepEqual(await readFile(join(far, "a", "b", file.path)), bytes);
  await carrier.prepare();
  assert.equal(await carrier.length(file.path), 5);
  assert.equal(await carrier.sha256(file.path), file.sha256);
  assert.deepEqual(await carrier.read(file.path, 5), bytes);
  assert.equal(await carrier.read(file.path, 4), undefined);
  assert.deepEqual(await carrier.list(), [file.path]);
  await carrier.remove([file.path, fileOf(Buffer.from("gone")).path]);
  await assert.rejects(readFile(join(far, "a", "b", file.path)), { code: "ENOENT" });
  assert.equal(await carrier.fetch(fileOf(Buffer.from("other")), join(far, "none")), false);
});

test("a file that was cut off goes on where it stopped", { skip }, async (t) => {
  const far = await temporaryFolder(t);
  const bytes = randomBytes(12 * 1024 * 1024);
  const file = fileOf(bytes);
  const source = { kind: "file", path: join(await temporaryFolder(t), "source") } as const;
  await writeFile(source.path, bytes);
  const config = configOf(far);
  const first = new RsyncCarrier(config, () => undefined);
  await first.prepare();
  sshd.cutAfter(8 * 1024 * 1024);
  await assert.rejects(first.write(file, source), { code: "CARRIER_UNREACHABLE" });
  await first.finish();
  sshd.cutAfter(undefined);
  assert.deepEqual(
    (await readdir(join(far, "targets"))).filter((name) => !name.startsWith(".")),
    [],
  );
  const sent = sshd.received();
  const second = new RsyncCarrier(config, () => undefined);
  t.after(() => second.finish());
  await second.prepare();
  assert.equal(await second.write(file, source), true);
  assert.ok(sshd.received() - sent < 8 * 1024 * 1024, "what was there is not sent again");
  assert.deepEqual(await readFile(join(far, file.path)), bytes);
});

test("bytes that the disk there changed are found, and do not stay", { skip }, async (t) => {
  const far = await temporaryFolder(t);
  const bytes = Buffer.from("hello");
  const file = fileOf(bytes);
  // Another digest of it stands for a disk that has other bytes.
  const run = 'eval "$SSH_ORIGINAL_COMMAND"';
  const lie = `case "$SSH_ORIGINAL_COMMAND" in xargs*) ${run} | sed "/null/!s/^..../0000/";; *) ${run};; esac`;
  await sshd.force(lie);
  t.after(() => sshd.force(undefined));
  const lying = new RsyncCarrier(configOf(far), () => undefined);
  t.after(() => lying.finish());
  await lying.prepare();
  const lied = { code: "CARRIER_LIED", message: /reads back with other bytes; look at the disk/ };
  await assert.rejects(lying.write(file, { kind: "bytes", bytes }), lied);
  assert.deepEqual(await readdir(join(far, "targets")), []);
});

test("a far machine that prints without end is given up", { skip }, async (t) => {
  const far = await temporaryFolder(t);
  const bytes = Buffer.from("hello");
  const run = 'eval "$SSH_ORIGINAL_COMMAND"';
  // Whether it can tell digests is asked first; what says so is believed.
  const then = `if mkdir ${far}/asked; then ${run}; else cat /dev/zero; fi`;
  await sshd.force(`case "$SSH_ORIGINAL_COMMAND" in xargs*) ${then};; *) ${run};; esac`);
  t.after(() => sshd.force(undefined));
  const endless = new RsyncCarrier(configOf(far), () => undefined);
  t.after(() => endless.finish());
  await endless.prepare();
  const given = { code: "CARRIER_IO", message: /what it lists there has no end/ };
  await assert.rejects(endless.write(fileOf(bytes), { kind: "bytes", bytes }), given);
});

test("what is wrong with a far folder is told with a code and what to do about it", {
  skip,
}, async (t) => {
  let mounted = 1; // not yet
  t.after(() => mounted === 0 && spawnSync("umount", ["-l", small]));
  const folder = await temporaryFolder(t); // and so goes after it
  const small = join(folder, "small");
  const bytes = Buffer.alloc(3 * 1024 * 1024);
  const fails = async (code: string, message: RegExp, config: RsyncConfig): Promise<void> => {
    const carrier = new RsyncCarrier(config, () => undefined);
    t.after(() => carrier.finish());
    const source = { kind: "bytes", bytes } as const;
    const writing = carrier.prepare().then(() => carrier.write(fileOf(bytes), source));
    await assert.rejects(writing, (error: { code: string; message: string }) => {
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
      return error.message.startsWith(`${config.host}:${config.path}/: `);
    });
  };
  const unknown = sshOf(sshd.key, join(folder, "unknown"));
  await fails("CARRIER_HOST_KEY", /compare it, then connect once/, configOf(folder, unknown));
  const key = join(folder, "key");
  spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
  await fails("CARRIER_DENIED", /must get in there with a key/, configOf(folder, sshOf(key)));
  const nobody = sshOf().replace(`-p ${sshd.port}`, "-p 1");
  await fails("CARRIER_UNREACHABLE", /check host, port and network/, configOf(folder, nobody));
  await fails(
    "CARRIER_MISSING",
    /ssh names is not on this machine .*no-ssh/,
    configOf(folder, "/nowhere/no-ssh"),
  );
  await writeFile(join(folder, "file"), "");
  await fails(
    "CARRIER_MISSING",
    /a part of its path is no folder/,
    configOf(join(folder, "file", "x")),
  );
  await sshd.force("PATH=/nowhere; $SSH_ORIGINAL_COMMAND");
  t.after(() => sshd.force(undefined));
  await fails("CARRIER_MISSING", /no rsync; install it there/, configOf(folder));
  await sshd.force(undefined);
  await mkdir(small);
  mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", small]).status ?? 1;
  if (mounted !== 0) return t.skip("cannot mount a tmpfs here (needs root)");
  await fails("CARRIER_FULL", /make room, then publish again/, configOf(small));
  spawnSync("mount", ["-o", "remount,ro", small]);
  await fails("CARRIER_DENIED", /check owner and mode/, configOf(small));
});

test("a far machine that says nothing is given up, and nothing asks for a password", {
  skip,
}, async (t) => {
  await sshd.force("sleep 20");
  t.after(() => sshd.force(undefined));
  const options = { stallMs: 3000, signal: undefined, log: () => undefined };
  const carrier = new CarrierProcess(configOf(await temporaryFolder(t)), options);
  t.after(() => carrier.close());
  const stalled = { code: "HOST_IO", message: /no sign of life for 3 seconds; look at it and the/ };
  await assert.rejects(carrier.prepare(), stalled);
});
