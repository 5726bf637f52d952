import assert from "node:assert/strict";
import { createPublicKey, randomBytes } from "node:crypto";
import { test } from "node:test";
import { VerificationKey } from "../src/keys.ts";
import { assertRefused } from "./support/refusal.ts";
import { TestClient } from "./support/test-client.ts";
import { makeEcdsa, makeKey, makeRsa, renamed, type TestKey } from "./support/test-key.ts";
import { TestRepository } from "./support/test-repository.ts";

/** Lets only `keys` sign the timestamp, all of them needed. */
function withTimestampKeys(keys: readonly TestKey[], threshold = keys.length): TestClient {
  const repository = new TestRepository();
  repository.root.roles["timestamp"] = { keyids: [], threshold };
  repository.signers.set("timestamp", []);
  for (const key of keys) repository.addKey("timestamp", key);
  repository.publish("root", "timestamp");
  return new TestClient(repository);
}

const usable: readonly (readonly [string, () => TestKey])[] = [
  ["Ed25519", () => makeKey("ed25519")],
  ["ECDSA P-256, keytype ecdsa", () => makeKey("ecdsa")],
  ["ECDSA P-256, keytype ecdsa-sha2-nistp256", () => makeKey("ecdsa-sha2-nistp256")],
  ["RSA-PSS with a salt as long as the digest", () => makeRsa(2048)],
  ["RSA-PSS with the longest salt", () => makeRsa(2048, 222)],
  [
    "a PEM with carriage returns and no line end",
    () => {
      const key = makeKey("ecdsa");
      const text = key.document.keyval.public.trim().replaceAll("\n", "\r\n");
      return renamed(key, { keyval: { public: text } });
    },
  ],
];

for (const [name, make] of usable) {
  test(`a signature is accepted: ${name}`, () => {
    assert.equal(withTimestampKeys([make()]).refresh().timestamp?.version, 2);
  });
}

const useless: readonly (readonly [string, () => TestKey])[] = [
  ["an unknown key type", () => renamed(makeKey(), { keytype: "ed448" })],
  ["an unknown scheme", () => renamed(makeKey(), { scheme: "ed25519ph" })],
  [
    "an RSA key under PKCS #1 v1.5",
    () => renamed(makeRsa(2048), { scheme: "rsa-pkcs1v15-sha256" }),
  ],
  [
    "an Ed25519 key that calls itself ECDSA",
    () => {
      return renamed(makeKey(), { keytype: "ecdsa", scheme: "ecdsa-sha2-nistp256" });
    },
  ],
  [
    "an ECDSA key that calls itself RSA",
    () => {
      return renamed(makeKey("ecdsa"), { keytype: "rsa", scheme: "rsassa-pss-sha256" });
    },
  ],
  [
    "an RSA key that calls itself ECDSA",
    () => {
      return renamed(makeRsa(2048), { keytype: "ecdsa", scheme: "ecdsa-sha2-nistp256" });
    },
  ],
  ["the scheme of another key type", () => renamed(makeKey("ecdsa"), { scheme: "ed25519" })],
  ["another curve", () => makeEcdsa("ecdsa", "secp384r1")],
  ["a curve of the same length", () => makeEcdsa("ecdsa", "secp256k1")],
  ["an RSA key of 1024 bits", () => makeRsa(1024)],
  ["an Ed25519 key that is too short", () => renamed(makeKey(), { keyval: { public: "00" } })],
  ["no PEM", () => renamed(makeKey("ecdsa"), { keyval: { public: "nonsense" } })],
  [
    "a PEM of nothing",
    () => {
      const pem = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
      return renamed(makeKey("ecdsa"), { keyval: { public: pem } });
    },
  ],
];

for (const [name, make] of useless) {
  test(`a key counts for nothing, and its document is read all the same: ${name}`, () => {
    assertRefused(() => withTimestampKeys([make()]).refresh(), "TRUST_THRESHOLD", "timestamp");
    const client = withTimestampKeys([make(), makeKey()], 1);
    assert.equal(client.refresh().timestamp?.version, 2);
  });
}

for (const [bits, isUsable] of [
  [2048, true],
  [8192, true],
  [8200, false],
] as const) {
  test(`an RSA key of ${bits} bits ${isUsable ? "can" : "cannot"} be used`, () => {
    // A modulus that nobody can factor is as good as a key here, and takes no time to make.
    const modulus = randomBytes(bits / 8);
    modulus[0] = 0xff;
    modulus[modulus.length - 1] = 0xff;
    const jwk = { kty: "RSA", n: modulus.toString("base64url"), e: "AQAB" };
    const pem = createPublicKey({ key: jwk, format: "jwk" });
    const text = pem.export({ type: "spki", format: "pem" }).toString();
    const { material } = new VerificationKey("rsa", "rsassa-pss-sha256", text);
    assert.equal(material !== undefined, isUsable);
  });
}

test("one key under two keyids counts once", () => {
  const key = makeKey();
  const upper = { public: key.document.keyval.public.toUpperCase() };
  const twins = [key, renamed(key, { extra: "1" }), renamed(key, { keyval: upper })];
  assert.equal(new Set(twins.map(({ keyid }) => keyid)).size, 3);
  assertRefused(() => withTimestampKeys(twins, 2).refresh(), "TRUST_THRESHOLD", "timestamp");
  assert.equal(withTimestampKeys([...twins, makeKey()], 2).refresh().timestamp?.version, 2);
});

test("one ECDSA key counts once under both names of its type", () => {
  const key = makeKey("ecdsa");
  const twins = [key, renamed(key, { keytype: "ecdsa-sha2-nistp256" })];
  assertRefused(() => withTimestampKeys(twins, 2).refresh(), "TRUST_THRESHOLD", "timestamp");
});

test("a keyid means nothing by itself: another key's name does not help", () => {
  const repository = new TestRepository();
  const [key] = repository.signers.get("timestamp") ?? [];
  const forged = { ...makeKey(), keyid: key?.keyid ?? "" };
  repository.signers.set("timestamp", [forged]);
  repository.publish("timestamp");
  assertRefused(() => new TestClient(repository).refresh(), "TRUST_THRESHOLD", "timestamp");
});

test("a role may name keyids that the document has no key for", () => {
  const repository = new TestRepository();
  repository.root.roles["timestamp"]?.keyids.push("00", "constructor", "__proto__");
  repository.publish("root");
  assert.equal(new TestClient(repository).refresh().root.version, 2);
});

for (const sig of ["", "zz", "0", "00", "00".repeat(64), "ff".repeat(2048)]) {
  test(`a signature of "${sig.slice(0, 6)}…" counts for nothing`, () => {
    const repository = new TestRepository();
    for (const role of ["timestamp", "snapshot"]) repository.signers.set(role, []);
    for (const kind of ["ed25519", "ecdsa", "rsa"] as const) {
      repository.addKey("timestamp", { ...makeKey(kind), sign: () => sig });
    }
    repository.publish("root", "timestamp");
    assertRefused(() => new TestClient(repository).refresh(), "TRUST_THRESHOLD", "timestamp");
  });
}
