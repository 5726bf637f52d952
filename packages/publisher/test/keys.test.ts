import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { chmod, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { initVendor, listKeys, publish, type Signer } from "../src/index.ts";
import { encryptKey, readKey, unsafePlainKey } from "../src/keys/pkcs8.ts";
import { keySigner } from "../src/keys/signer.ts";
import { isSignatureOf, keyIdOf } from "../src/keys/tuf-key.ts";
import { TestVendor, temporaryFolder } from "./support/vendor.ts";

test("an encrypted key opens with its passphrase, and with no other", async () => {
  const { privateKey } = generateKeyPairSync("ed25519");
  const text = await encryptKey(privateKey, "grün 3 пароль");
  assert.ok(text.startsWith("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
  assert.ok(readKey(text, "grün 3 пароль", "k").equals(privateKey));
  for (let round = 0; round < 3; round++) {
    assert.throws(() => readKey(text, `wrong ${round}`, "root-1"), {
      code: "KEY_PASSPHRASE",
      message: "the passphrase for root-1 is wrong. Try again.",
    });
  }
  assert.throws(() => readKey(text, "", "k"), { code: "KEY_PASSPHRASE" });
  assert.throws(() => readKey(text, "x".repeat(1025), "k"), { code: "KEY_PASSPHRASE" });
});

test("a wrong passphrase whose padding happens to be right is a wrong passphrase still", async () => {
  const { privateKey } = generateKeyPairSync("ed25519");
  const junk = (): Buffer => Buffer.from("what such a passphrase decrypts to");
  Object.defineProperty(privateKey, "export", { value: junk });
  const text = await encryptKey(privateKey, "secret");
  assert.throws(() => readKey(text, "secret", "root-1"), { code: "KEY_PASSPHRASE" });
});

test("openssl opens an encrypted key too", { skip: noOpenssl() }, async () => {
  const { privateKey } = generateKeyPairSync("ed25519");
  const args = ["pkey", "-passin", "pass:secret"];
  const plain = execFileSync("openssl", args, { input: await encryptKey(privateKey, "secret") });
  assert.equal(plain.toString(), unsafePlainKey(privateKey));
});

function noOpenssl(): string | false {
  return spawnSync("openssl", ["version"]).status === 0 ? false : "openssl is not installed";
}

test("files that are no Ed25519 key are named", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const pem = rsa.export({ type: "pkcs8", format: "pem" });
  for (const text of ["", "nonsense", pem.toString(), pem.toString().slice(0, 400)]) {
    assert.throws(() => readKey(text, undefined, "root-1"), { code: "KEY_UNREADABLE" });
  }
});

test("a signature verifies under its key only, and key ids are those of TUF", async () => {
  const signer = keySigner(generateKeyPairSync("ed25519").privateKey);
  const other = keySigner(generateKeyPairSync("ed25519").privateKey);
  const bytes = Buffer.from("patch");
  const signature = await signer.sign(bytes);
  assert.ok(isSignatureOf(signer.publicKey, bytes, signature));
  assert.ok(!isSignatureOf(other.publicKey, bytes, signature));
  assert.ok(!isSignatureOf(signer.publicKey, Buffer.from("worm"), signature));
  assert.ok(!isSignatureOf({ ...signer.publicKey, keytype: "rsa" }, bytes, signature));
  const { keyId, publicKey } = signer;
  assert.equal(keyIdOf(publicKey), keyId);
  // What Python's hashlib makes of it: the SHA-256 of its canonical form
  assert.equal(
    keyIdOf({ keytype: "ed25519", scheme: "ed25519", public: "1".repeat(64) }),
    "484fa77680b5c509d62a4cb77848d7011173cdd9d2b4fa2c433f903720818f16",
  );
});

test("keys are encrypted, and only their owner can read them", async (t) => {
  const dir = join(await temporaryFolder(t), "vendor");
  const asked: string[] = [];
  const passphrase = (name: string): Promise<string> => {
    asked.push(name);
    return Promise.resolve("secret");
  };
  await initVendor(dir, { name: "Contoso", passphrase });
  const names = await readdir(join(dir, "keys"));
  assert.equal(names.length, 8); // three of root, five others
  assert.deepEqual(asked.map((name) => `${name}.pem`).toSorted(), names.toSorted());
  assert.equal((await stat(join(dir, "keys"))).mode & 0o777, 0o700);
  for (const name of names) {
    assert.equal((await stat(join(dir, "keys", name))).mode & 0o777, 0o600);
    assert.match(await readFile(join(dir, "keys", name), "utf8"), /BEGIN ENCRYPTED PRIVATE KEY/);
  }
  const { keys } = await listKeys(dir);
  assert.ok(keys.every((key) => key.encrypted === true && key.state === "current"));
});

test("publish unlocks only the keys that it needs, and says which passphrase is wrong", async (t) => {
  const vendor = await TestVendor.make(t, { dev: false });
  await vendor.add({ version: "1.0" });
  const asked: string[] = [];
  const wrong = (name: string): Promise<string> => {
    asked.push(name);
    return Promise.resolve("wrong");
  };
  await assert.rejects(publish(vendor.dir, { ...vendor.common(), passphrase: wrong }), {
    code: "KEY_PASSPHRASE",
    message: /^the passphrase for patches-[0-9a-f]{8} is wrong\. Try again\.$/,
  });
  const right = (name: string): Promise<string> => {
    asked.push(name);
    return Promise.resolve("correct horse");
  };
  asked.length = 0;
  await publish(vendor.dir, { ...vendor.common(), passphrase: right });
  const roles = asked.map((name) => name.replace(/-.*/, ""));
  assert.deepEqual(roles, ["patches", "snapshot", "timestamp"]); // neither root nor targets
  asked.length = 0;
  await publish(vendor.dir, { ...vendor.common(), passphrase: right });
  assert.deepEqual(asked, []); // nothing to sign
});

test("development keys warn on every use", async (t) => {
  const vendor = await TestVendor.make(t);
  assert.match(vendor.warnings.join(), /development keys/);
  vendor.lines.length = 0;
  await vendor.publish();
  assert.equal(vendor.warnings.filter((line) => /development keys/.test(line)).length, 1);
});

test("a key that others can read is used with a warning", async (t) => {
  const vendor = await TestVendor.make(t);
  for (const name of await readdir(vendor.path("keys"))) {
    if (name.startsWith("timestamp")) await chmod(vendor.path("keys", name), 0o644);
  }
  vendor.now += 2 * 86_400_000; // so that the timestamp is due
  vendor.lines.length = 0;
  await vendor.publish();
  assert.match(vendor.warnings.join("\n"), /others on this machine can read .*timestamp-/);
});

test("a missing, damaged or exchanged key is named, and nothing is changed", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.add({ version: "1.0" });
  const names = await readdir(vendor.path("keys"));
  const patches = vendor.path("keys", names.find((name) => name.startsWith("patches")) ?? "");
  const timestamp = vendor.path("keys", names.find((name) => name.startsWith("timestamp")) ?? "");
  const before = await readFile(vendor.path("repository", "metadata", "timestamp.json"));
  await rename(patches, `${patches}.away`);
  await assert.rejects(vendor.publish(), { code: "KEY_MISSING", message: /put patches-.*\.pem/ });
  await writeFile(patches, "garbage");
  await assert.rejects(vendor.publish(), { code: "KEY_UNREADABLE" });
  await writeFile(patches, await readFile(timestamp));
  await assert.rejects(vendor.publish(), { code: "KEY_UNREADABLE", message: /another key/ });
  const after = await readFile(vendor.path("repository", "metadata", "timestamp.json"));
  assert.deepEqual(after, before);
  await rename(`${patches}.away`, patches);
  assert.equal((await vendor.publish()).patches, 1);
});

test("a signer that is no key file, as a KMS, signs in place of one", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.add({ version: "1.0" });
  const asked: string[] = [];
  const signers: Signer[] = [];
  for (const name of await readdir(vendor.path("keys"))) {
    if (!/^(?:patches|snapshot|timestamp)-/.test(name)) continue;
    const path = vendor.path("keys", name);
    const inner = keySigner(readKey(await readFile(path, "latin1"), undefined, name));
    await rm(path);
    signers.push({
      keyId: inner.keyId,
      publicKey: inner.publicKey,
      sign: async (bytes) => {
        asked.push(name);
        await setImmediate(); // a KMS answers later
        return inner.sign(bytes);
      },
    });
  }
  const result = await publish(vendor.dir, { ...vendor.common(), signers });
  assert.equal(result.patches, 1);
  assert.ok(asked.length >= 5);
});
