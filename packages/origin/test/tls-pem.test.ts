import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { TestAuthority } from "./support/certificate.ts";
import { testOrigin } from "./support/origin.ts";

test("files that no server can use are told of, with what to do next, before anything listens", async (t) => {
  const authority = new TestAuthority(t);
  const { cert, key } = authority.issue("server");
  const other = authority.issue("other");
  const [own = "", ca = ""] = cert.split(/(?<=END CERTIFICATE-----\n)/);
  const damaged = cert.replace(/\n[A-Za-z0-9+/]{64}\n/, "\n");
  authority.write("plain.key", key);
  const at = { cwd: authority.folder };
  execFileSync(
    "openssl",
    ["pkey", "-in", "plain.key", "-aes256", "-passout", "pass:x", "-out", "locked.key"],
    at,
  );
  const cases: readonly (readonly [string, string, string, RegExp])[] = [
    ["", key, "TLS_CERTIFICATE", /no certificate in PEM; give the chain/],
    [key, cert, "TLS_CERTIFICATE", /swapped\?/],
    ["-----BEGIN CERTIFICATE-----\nAAAA", key, "TLS_CERTIFICATE", /no certificate in PEM/],
    [damaged, key, "TLS_CERTIFICATE", /certificate 1 in .* copied whole\?/],
    [ca.repeat(17), key, "TLS_CERTIFICATE", /17 certificates/],
    ["x".repeat(300_000), key, "TLS_CERTIFICATE", /over 256 KiB/],
    [cert, "", "TLS_KEY", /no private key in PEM; give the key/],
    [cert, own, "TLS_KEY", /swapped\?/],
    [cert, key.slice(0, 60), "TLS_KEY", /cannot be read/],
    [cert, "\x00\xff".repeat(1_000), "TLS_KEY", /no private key/],
    [cert, other.key, "TLS_MISMATCH", /made together/],
    [ca + own, key, "TLS_MISMATCH", /fits certificate 2 there: put the server's own first/],
  ];
  const tls = { certFile: authority.at("bad.pem"), keyFile: authority.at("bad.key") };
  for (const [badCert, badKey, code, message] of cases) {
    writeFileSync(tls.certFile, badCert, "latin1");
    writeFileSync(tls.keyFile, badKey, { encoding: "latin1", mode: 0o600 });
    await assert.rejects(testOrigin(t, { tls }), { name: "UsageError", code, message });
  }
  const { certFile, keyFile } = authority.files;
  const locked = testOrigin(t, { tls: { certFile, keyFile: authority.at("locked.key") } });
  await assert.rejects(locked, { code: "TLS_KEY", message: /passphrase.*openssl pkey/ });
  const nowhere = authority.at("nowhere");
  const noCert = testOrigin(t, { tls: { certFile: nowhere, keyFile } });
  await assert.rejects(noCert, { code: "TLS_CERTIFICATE", message: /not there.*--tls-cert/ });
  const folder = testOrigin(t, { tls: { certFile, keyFile: authority.folder } });
  await assert.rejects(folder, { code: "TLS_KEY", message: /is no file/ });
  execFileSync("mkfifo", [authority.at("pipe")]);
  const pipe = testOrigin(t, { tls: { certFile: authority.at("pipe"), keyFile } });
  await assert.rejects(pipe, { code: "TLS_CERTIFICATE", message: /is no file/ });
});

test("a certificate that is too weak for TLS is refused at the start, not at each handshake", async (t) => {
  const authority = new TestAuthority(t);
  const args = ["req", "-x509", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=weak"];
  const files = ["-keyout", "key.pem", "-out", "cert.pem"];
  execFileSync("openssl", [...args, ...files], { cwd: authority.folder, stdio: "ignore" });
  const origin = testOrigin(t, { tls: authority.files });
  await assert.rejects(origin, { code: "TLS_CERTIFICATE", message: /too small/ });
});

test("a key that others may read, an expired certificate and a broken chain are served with a warning", async (t) => {
  const authority = new TestAuthority(t);
  const worries = async (): Promise<readonly string[]> => {
    const origin = await testOrigin(t, { tls: authority.files });
    const doubtful = origin.logged.filter(({ event }) => event === "tls-certificate-doubtful");
    await origin.close(0);
    return doubtful.map(({ fields }) => String(fields["why"]));
  };
  assert.deepEqual(await worries(), []);
  chmodSync(authority.files.keyFile, 0o640);
  assert.deepEqual(await worries(), [], "a group for keys is usual");
  chmodSync(authority.files.keyFile, 0o644);
  assert.match((await worries()).join(), /open to other users \(mode 0644\); chmod 600/);
  chmodSync(authority.files.keyFile, 0o600);
  const { cert, key } = authority.issue("a");
  const own = cert.split(/(?<=END CERTIFICATE-----\n)/)[0] ?? "";
  authority.put({ cert: own + authority.issue("b").cert, key });
  assert.match((await worries()).join(), /certificate 2 .* did not issue the one before it/);
  const config =
    "[ca]\ndefault_ca=d\n[d]\ndatabase=index\nnew_certs_dir=.\nrand_serial=yes\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n";
  authority.write("config", config);
  authority.write("index", "");
  authority.write("key.pem", key);
  const at = { cwd: authority.folder, stdio: "ignore" } as const;
  execFileSync(
    "openssl",
    ["req", "-new", "-key", "key.pem", "-subj", "/CN=old", "-out", "old.csr"],
    at,
  );
  const dates = ["-startdate", "20200101000000Z", "-enddate", "20210101000000Z"];
  const files = ["-config", "config", "-in", "old.csr", "-out", "cert.pem", "-notext", "-batch"];
  execFileSync("openssl", ["ca", "-selfsign", "-keyfile", "key.pem", ...dates, ...files], at);
  assert.match((await worries()).join(), /expired on 2021-01-01/);
});
