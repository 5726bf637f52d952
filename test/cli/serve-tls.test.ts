import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { causeway, causewayJson, folderFor, serve } from "../support/cli.ts";
import { programBytes, TestVendor } from "../support/vendor.ts";

/** A certificate that vouches for itself, as the authority of one test. */
function selfSigned(folder: string): readonly string[] {
  const [cert, key] = [path.join(folder, "cert.pem"), path.join(folder, "key.pem")];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const name = ["-subj", "/CN=t", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"];
  execFileSync("openssl", ["req", "-x509", ...curve, ...name, "-keyout", key, "-out", cert], {
    stdio: "ignore",
  });
  return ["--tls-cert", cert, "--tls-key", key];
}

test("our own client gets a patch over HTTPS, and over the plain lane beside it", async (t) => {
  const folder = folderFor(t);
  const vendor = await TestVendor.make(folder);
  const bytes = programBytes(400_000);
  await vendor.release("1.0.0", bytes);
  const tls = selfSigned(folder);
  const env = { NODE_EXTRA_CA_CERTS: path.join(folder, "cert.pem") };
  const get = async (url: string, name: string): Promise<void> => {
    const out = path.join(folder, name);
    const to = ["--trust", vendor.root, "--state", `${out}.state`, "-o", out];
    const { code, stderr } = await causeway(["get", "reader", "--route", url, ...to], { env });
    assert.equal(code, 0, stderr);
    assert.deepEqual(readFileSync(out), bytes);
  };
  const alone = await serve(t, "--dir", vendor.dir, ...tls);
  assert.match(alone.url, /^https:/);
  await get(alone.url, "alone");
  const both = await serve(t, "--dir", vendor.dir, ...tls, "--tls-port", "0");
  assert.match(both.url, /^http:/);
  assert.match(both.tlsUrl ?? "", /^https:/);
  await get(both.url, "plain");
  await get(both.tlsUrl ?? "", "secure");
});

test("what is wrong with --tls options is a matter of configuration, and says what to give", async (t) => {
  const folder = folderFor(t);
  const vendor = await TestVendor.make(folder);
  const [, cert = "", , key = ""] = selfSigned(folder);
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [["--tls-cert", cert], /USAGE_ARGUMENT.*both --tls-cert and --tls-key/],
    [["--tls-port", "0"], /USAGE_ARGUMENT.*both --tls-cert and --tls-key/],
    [["--tls-cert", key, "--tls-key", cert], /TLS_CERTIFICATE.*swapped/],
    [["--tls-cert", cert, "--tls-key", `${key}.old`], /TLS_KEY.*not there.*--tls-key/],
  ];
  for (const [options, message] of cases) {
    const args = ["serve", "--dir", vendor.dir, "--port", "0", "--edge", "off", ...options];
    const { code, json } = await causewayJson(args);
    assert.match(JSON.stringify(json), message);
    assert.equal(code, 2);
  }
});
