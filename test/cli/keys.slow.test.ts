import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createPrivateKey } from "node:crypto";
import {
  appendFile,
  constants,
  cp,
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from "node:fs/promises";
import path from "node:path";
import { before, type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { causeway, causewayJson, type Ended, ended, folderFor, start } from "../support/cli.ts";
import { noTerminal, Screen } from "../support/screen.ts";

const skip = noTerminal();
const secret = "correct horse";
const env = { CAUSEWAY_PASSPHRASE: secret };
let original: string;

before(async (context) => {
  const folder = folderFor(context as TestContext);
  await succeeds(["init", "vendor", "--name", "Contoso"], folder);
  original = path.join(folder, "vendor");
});

/** Runs a command with the passphrase in the environment; it must succeed. */
async function succeeds(args: readonly string[], cwd: string): Promise<Ended> {
  const end = await causeway(args, { cwd, env });
  assert.equal(end.code, 0, `causeway ${args.join(" ")}: ${end.stderr}`);
  return end;
}

/** A folder with a vendor in it whose keys are encrypted. Making them takes seconds: a copy. */
async function withVendor(context: TestContext): Promise<string> {
  const folder = folderFor(context);
  await cp(original, path.join(folder, "vendor"), { recursive: true });
  return folder;
}

interface Listed {
  readonly keys: readonly {
    readonly role: string;
    readonly keyId: string;
    readonly state: string;
    readonly file?: string;
    readonly encrypted?: boolean;
  }[];
  readonly pending: readonly { readonly file: string; readonly signatures: number }[];
}

async function listed(folder: string): Promise<Listed> {
  return (await causewayJson(["keys", "list", "--dir", "vendor"], { cwd: folder })).json as Listed;
}

const rotateTimestamp = ["keys", "rotate", "timestamp", "--dir", "vendor"];

test("keys list names every key, and needs no passphrase for it", async (t) => {
  const folder = await withVendor(t);
  const { keys, pending } = await listed(folder);
  const roles = ["root", "root", "root", "snapshot", "targets", "timestamp", "patches", "routes"];
  assert.deepEqual(keys.map(({ role }) => role).toSorted(), roles.toSorted());
  assert.ok(keys.every(({ state, encrypted }) => state === "current" && encrypted === true));
  assert.deepEqual(pending, []);
  const { stdout } = await succeeds(["keys", "list", "--dir", "vendor"], folder);
  const rows = stdout.trimEnd().split("\n");
  assert.equal(rows.length, 1 + keys.length + 1);
  assert.match(rows.at(-1) ?? "", /^tickets /);
  assert.match(rows[0] ?? "", /^role +key +state +role expires +file$/);
  for (const [at, { role, keyId, file }] of keys.entries()) {
    const row = rows[at + 1] ?? "";
    assert.ok(row.startsWith(role) && row.includes(keyId.slice(0, 8)) && row.endsWith(file ?? ""));
  }
});

test("a passphrase comes from a file or the environment, and a wrong one changes nothing", async (t) => {
  const folder = await withVendor(t);
  const atFirst = await listed(folder);
  for (const surroundings of [{ CAUSEWAY_PASSPHRASE: "wrong" }, {}]) {
    const { code, json } = await causewayJson(rotateTimestamp, { cwd: folder, env: surroundings });
    assert.equal(code, 2);
    assert.equal((json as { error: { code: string } }).error.code, "KEY_PASSPHRASE");
  }
  assert.deepEqual(await listed(folder), atFirst);
  await writeFile(path.join(folder, "wrong"), "wrong\n");
  const from =
    /^error: the passphrase in wrong does not open root-\S+; correct it, or leave --pass.* out to/;
  const { stderr } = await causeway([...rotateTimestamp, "--passphrase-file", "wrong"], {
    cwd: folder,
  });
  assert.match(stderr, from, "to try again would give the same");
  await writeFile(path.join(folder, "secret"), `${secret}\n`);
  const withFile = [...rotateTimestamp, "--passphrase-file", path.join(folder, "secret")];
  const wrongToo = { CAUSEWAY_PASSPHRASE: "wrong" }; // what is said on the command line counts
  const { code, json } = await causewayJson(withFile, { cwd: folder, env: wrongToo });
  assert.equal(code, 0);
  const { oldKeyId, newKeyId, complete } = json as Record<string, unknown>;
  assert.equal(complete, true);
  const states = new Map((await listed(folder)).keys.map(({ keyId, state }) => [keyId, state]));
  assert.deepEqual(
    [states.get(String(oldKeyId)), states.get(String(newKeyId))],
    ["current", "pending"],
  );
});

test("at a terminal the passphrase is asked for, and never shown", { skip }, async (t) => {
  const folder = await withVendor(t);
  const atFirst = await listed(folder);
  const wrong = await Screen.start(t, rotateTimestamp, { cwd: folder });
  for (const [at, question] of [
    /Passphrase for root-[0-9a-f]{8}:$/m,
    /(?:that does not open root-[0-9a-f]{8}\n[^]*){1}Passphrase for root-[0-9a-f]{8}:$/m,
    /(?:that does not open root-[0-9a-f]{8}\n[^]*){2}Passphrase for root-[0-9a-f]{8}:$/m,
  ].entries()) {
    await wrong.shows(question);
    await wrong.type(`wrong ${at}`);
    await wrong.press("Enter");
  }
  assert.equal(await wrong.ends(), 2);
  assert.match(
    await wrong.text(),
    /^error: the passphrase for root-\S+ is wrong\. Try again\. \[KEY_PASSPHRASE\]$/m,
  );
  assert.deepEqual(await listed(folder), atFirst, "no key was locked with a mistyped passphrase");

  const right = await Screen.start(t, rotateTimestamp, { cwd: folder });
  await right.shows(/Passphrase for root-[0-9a-f]{8}:/);
  await right.type(secret);
  await right.press("Enter");
  assert.equal(await right.ends(), 0);
  const told = await right.history();
  assert.match(told, /timestamp: key \w{8} gives way to \w{8}; causeway publish makes it public/);
  assert.equal(told.match(/Passphrase for/g)?.length, 1, "asked once for all keys");
  assert.ok(!told.includes(secret));
});

test("a key with another passphrase than the first is asked for by its own name", {
  skip,
}, async (t) => {
  const folder = await withVendor(t);
  const moved = await succeeds([...rotateTimestamp, "--json"], folder);
  await succeeds(["publish", "--dir", "vendor"], folder);
  const { newKeyId } = JSON.parse(moved.stdout) as { newKeyId: string };
  const file = path.join(folder, "vendor", "keys", `timestamp-${newKeyId.slice(0, 8)}.pem`);
  const other = "another secret";
  const key = createPrivateKey({ key: await readFile(file), passphrase: secret });
  const cipher = { cipher: "aes-256-cbc", passphrase: other } as const;
  await writeFile(file, key.export({ type: "pkcs8", format: "pem", ...cipher }));
  await writeFile(path.join(folder, "reader.bin"), "the patch");
  const what = ["--product", "reader", "--version", "1.0", "--dir", "vendor"];
  await succeeds(["add", "reader.bin", ...what], folder);

  const screen = await Screen.start(t, ["publish", "--dir", "vendor"], { cwd: folder });
  for (const [question, answer] of [
    [/Passphrase for patches-[0-9a-f]{8}:$/m, "mistyped"],
    [/that does not open patches-[0-9a-f]{8}\n[^]*Passphrase for patches-[0-9a-f]{8}:$/m, secret],
    [/Passphrase for timestamp-[0-9a-f]{8}:$/m, other],
  ] as const) {
    await screen.shows(question);
    await screen.type(answer);
    await screen.press("Enter");
  }
  assert.equal(await screen.ends(), 0);
  assert.match(await screen.history(), /1 patch is public/);
});

test("Ctrl-C at the question ends the command, and nothing was made", { skip }, async (t) => {
  const folder = await withVendor(t);
  const atFirst = await listed(folder);
  const screen = await Screen.start(t, rotateTimestamp, { cwd: folder });
  await screen.shows(/Passphrase for/);
  await screen.press("C-c");
  assert.equal(await screen.ends(), 130);
  assert.equal(await screen.showsCursor(), true);
  assert.deepEqual(await listed(folder), atFirst);
});

/** Waits until somebody reads the pipe, and holds its other end, so that nothing ever comes. */
async function openedForReading(pipe: string): Promise<FileHandle> {
  for (;;) {
    try {
      return await open(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENXIO") throw error;
      await setTimeout(20);
    }
  }
}

test("a second Ctrl-C ends even what waits for a file that never comes", async (t) => {
  const folder = await withVendor(t);
  const never = path.join(folder, "never");
  await promisify(execFile)("mkfifo", [never]);
  const child = start([...rotateTimestamp, "--passphrase-file", never], { cwd: folder });
  const said = "ending in order; Ctrl-C once more ends it at once\n";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    if (text === said) child.kill("SIGINT");
  });
  const writer = await openedForReading(never);
  t.after(() => writer.close());
  child.kill("SIGINT");
  const { signal, stderr } = await ended(child);
  assert.equal(signal, "SIGINT");
  assert.equal(stderr, said);
});

test("publish asks where its progress stood, and leaves neither in the way", {
  skip,
}, async (t) => {
  const folder = await withVendor(t);
  await writeFile(path.join(folder, "reader.bin"), "the patch");
  const what = ["--product", "reader", "--version", "1.0", "--dir", "vendor"];
  await succeeds(["add", "reader.bin", ...what], folder);
  const screen = await Screen.start(t, ["publish", "--dir", "vendor"], { cwd: folder });
  const asked = await screen.shows(/Passphrase for patches-[0-9a-f]{8}:/);
  assert.doesNotMatch(asked, /[█░]/);
  await screen.type(secret);
  await screen.press("Enter");
  assert.equal(await screen.ends(), 0);
  const told = await screen.history();
  assert.match(
    told,
    /^\? Passphrase for patches-[0-9a-f]{8}: \*+\nwriting pages +█+ (\d+) of \1\nContoso: /,
  );
});

test("new keys get a passphrase that was typed twice alike", { skip }, async (t) => {
  const folder = folderFor(t);
  const init = ["init", "vendor", "--name", "Contoso", "--root-keys", "1"];
  for (const [second, code, said] of [
    ["typo", 2, /the two differ; nothing was made/],
    [secret, 0, /vendor: an empty repository for Contoso, signed/],
  ] as const) {
    const screen = await Screen.start(t, init, { cwd: folder });
    await screen.shows(/New passphrase for the keys:/);
    await screen.type(secret);
    await screen.press("Enter");
    await screen.shows(/The same again:/);
    await screen.type(second);
    await screen.press("Enter");
    assert.equal(await screen.ends(), code);
    assert.match(await screen.history(), said);
    assert.deepEqual(await readdir(folder), code === 0 ? ["vendor"] : []);
  }
  await succeeds(rotateTimestamp, folder); // the passphrase is that one
});

/** Moves the root keys out of the vendor's folder to the safes of three people. */
async function toSafes(folder: string): Promise<readonly string[]> {
  const keys = path.join(folder, "vendor", "keys");
  const names = (await readdir(keys)).filter((name) => name.startsWith("root-"));
  const safes = names.map((_, at) => path.join(folder, `safe-${at}`));
  for (const [at, name] of names.entries()) {
    const safe = path.join(safes[at] ?? "", "keys");
    await mkdir(safe, { recursive: true });
    await rename(path.join(keys, name), path.join(safe, name));
  }
  return safes;
}

test("a new key's passphrase is typed twice when no other key has proved it", {
  skip,
}, async (t) => {
  const folder = await withVendor(t);
  await toSafes(folder);
  const screen = await Screen.start(t, ["keys", "rotate", "root", "--dir", "vendor"], {
    cwd: folder,
  });
  for (const question of [/New passphrase for the keys:/, /The same again:/]) {
    await screen.shows(question);
    await screen.type(secret);
    await screen.press("Enter");
  }
  assert.equal(await screen.ends(), 0);
  assert.match(await screen.text(), /signatures are missing/);
});

test("people with offline keys rotate the root, and a client of the first root follows", async (t) => {
  const folder = await withVendor(t);
  await writeFile(path.join(folder, "reader.bin"), "the patch");
  const what = ["--product", "reader", "--version", "1.0", "--dir", "vendor"];
  await succeeds(["add", "reader.bin", ...what], folder);
  await succeeds(["publish", "--dir", "vendor"], folder);
  const tree = path.join(folder, "vendor", "repository");
  const pinned = path.join(folder, "1.root.json");
  await cp(path.join(tree, "metadata", "1.root.json"), pinned);
  const get = (state: string): string[] => {
    const route = ["--route", new URL(`file://${tree}/`).href, "--state", state];
    return ["get", "reader", ...route, "-o", `${state}.bin`];
  };
  await succeeds([...get("old-client"), "--trust", pinned], folder);

  const safes = await toSafes(folder);
  const { stdout } = await succeeds(["keys", "rotate", "root", "--dir", "vendor"], folder);
  assert.match(
    stdout,
    /signatures are missing; run causeway keys sign keys\/pending\/2\.root\.json/,
  );
  await succeeds(rotateTimestamp, folder); // only who follows to root 2 can believe its key
  const pending = path.join(folder, "vendor", "keys", "pending", "2.root.json");
  const stick = path.join(folder, "2.root.json");
  await cp(pending, stick);
  const digests = new Set<unknown>();
  for (const safe of safes.slice(1)) {
    const sign = ["keys", "sign", stick, "--dir", safe];
    const wrong = await causewayJson(sign, { env: { CAUSEWAY_PASSPHRASE: "wrong" } });
    assert.equal(wrong.code, 2);
    const { json, stderr, code } = await causewayJson(sign, { env });
    assert.equal(code, 0, stderr);
    const { digest, added } = json as { digest: string; added: readonly string[] };
    assert.equal(added.length, 1);
    digests.add(digest);
  }
  assert.equal(digests.size, 1, "everybody saw the same document");
  const early = await causeway(["publish", "--dir", "vendor"], { cwd: folder, env });
  assert.match(early.stderr, /warning: .*2\.root\.json has . of 2 signatures/);
  await cp(stick, pending);
  const published = await succeeds(["publish", "--dir", "vendor"], folder);
  assert.match(published.stdout, /versions: root 2,/);
  assert.deepEqual((await listed(folder)).pending, []);

  await succeeds(get("old-client"), folder);
  await succeeds([...get("new-client"), "--trust", pinned], folder);
  assert.equal(await readFile(path.join(folder, "new-client.bin"), "utf8"), "the patch");
});

test("refresh signs what is due with two keys only, and nothing when nothing is", async (t) => {
  const folder = await withVendor(t);
  const keys = path.join(folder, "vendor", "keys");
  for (const name of await readdir(keys)) {
    if (!/^(?:snapshot|timestamp)-/.test(name)) await rm(path.join(keys, name));
  }
  const refresh = ["refresh", "--dir", "vendor"];
  const idle = await causewayJson(refresh, { cwd: folder }); // no passphrase is needed for it
  assert.deepEqual([idle.code, (idle.json as { refreshed: unknown }).refreshed], [0, []]);

  // The three days that a timestamp has left are now less than half of its life.
  await appendFile(path.join(folder, "vendor", "causeway.yaml"), "expiry:\n  timestamp: 30d\n");
  const timestamp = path.join(folder, "vendor", "repository", "metadata", "timestamp.json");
  const signed = await readFile(timestamp);
  const wrong = await causewayJson(refresh, { cwd: folder, env: { CAUSEWAY_PASSPHRASE: "no" } });
  assert.equal((wrong.json as { error: { code: string } }).error.code, "KEY_PASSPHRASE");
  assert.equal(wrong.code, 2);
  assert.deepEqual(await readFile(timestamp), signed);
  const { stdout } = await succeeds(refresh, folder);
  assert.match(stdout, /^Contoso: signed timestamp; due again at \d{4}-/);
  assert.match(stdout, /snapshot 1, timestamp 2/);
  assert.match((await succeeds(refresh, folder)).stdout, /^Contoso: nothing was due; due again/);
});
