import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { listedUrl } from "../src/config/route-url.ts";
import { readConfig } from "../src/index.ts";
import { configOf, edited, vendorWithRoutes } from "./support/routes.ts";
import { temporaryFolder } from "./support/vendor.ts";

const near = [
  "http://localhost/",
  "http://LOCALHOST.:8080/",
  "http://api.localhost/",
  "http://127.0.0.1/",
  "http://127.1/",
  "http://2130706433/",
  "http://0x7f.0.0.1/",
  "http://0177.0.0.1/",
  "http://[::1]/",
  "http://[::ffff:127.0.0.1]/",
  "http://[::ffff:a00:1]/",
  "http://[::7f00:1]/",
  "http://[64:ff9b::a00:1]/",
  "http://10.1.2.3/",
  "http://172.31.0.1/",
  "http://192.168.0.1/",
  "http://100.64.0.1/",
  "http://[fd00::1]/",
  "http://updates/",
  "http://updates./",
  "http://updates.local/",
  "http://metadata.google.internal/",
  "file:///srv/updates/",
];

test("a place where no client asks is not listed, whatever is said", () => {
  const nowhere = [
    "http://0/",
    "http://169.254.169.254/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[::]/",
    "http://[fe80::1]/",
    "http://[ff02::1]/",
    "http://[::ffff:a9fe:a9fe]/",
  ];
  for (const url of nowhere) {
    for (const isPrivate of [false, true]) {
      assert.match(listedUrl(url, isPrivate).wrong ?? "", /no client asks there$/, url);
    }
  }
});

test("a place that is not the same for everybody is listed only where that is said", () => {
  for (const url of near) {
    assert.match(listedUrl(url, false).wrong ?? "", /not the same for everybody.*--private/, url);
    assert.equal(typeof listedUrl(url, true).url, "string", url);
  }
  const far = [
    "http://172.32.0.1/",
    "http://8.8.8.8/",
    "http://[2001:db8::1]/",
    "https://a.example/",
  ];
  for (const url of far) assert.equal(listedUrl(url, false).url, url);
});

test("a host that is not ASCII is refused with what it really is", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["https://exаmple.com/", "xn--exmple-4nf.com"], // the third letter is Cyrillic
    ["https://ｅxample.com/", "example.com"],
    ["https://ex%61mple.com/", "example.com"],
    ["https://bücher.example:8443/", "xn--bcher-kva.example:8443"],
    ["https:\\\\bücher.example/", "xn--bcher-kva.example"],
    ["https://exam\u00adple.com/", "example.com"],
  ];
  for (const [url, host] of cases) {
    const wrong = listedUrl(url, true).wrong ?? "";
    assert.ok(wrong.includes(`is not ASCII; it is ${host}: write that if it is meant`), wrong);
  }
  assert.equal(
    listedUrl("https://xn--bcher-kva.example/ü/", false).url,
    "https://xn--bcher-kva.example/%C3%BC/",
  );
});

test("credentials, queries, fragments and other schemes are refused", () => {
  const urls = [
    "https://a:b@c.example/",
    "https://a@c.example/",
    "https://c.example/?a",
    "https://c.example/#a",
    "ftp://c.example/",
    "data:,a",
    "c.example",
    "",
    `https://c.example/${"a".repeat(2000)}`,
  ];
  for (const url of urls)
    assert.match(listedUrl(url, true).wrong ?? "", /http, https or file/, url);
});

test("an intranet's vendor says so once for each route", async (t) => {
  const vendor = await vendorWithRoutes(t);
  const add = { kind: "add", id: "lan", urls: ["http://updates.local/"] } as const;
  await assert.rejects(edited(vendor, add), { code: "USAGE_ARGUMENT", message: /--private/ });
  await edited(vendor, { ...add, isPrivate: true });
  assert.match(
    await configOf(vendor),
    /id: lan\n +url: http:\/\/updates\.local\/\n +private: true\n/,
  );
  const moved = await edited(vendor, { ...add, urls: ["http://10.0.0.1/"] });
  assert.deepEqual(moved.changes[0]?.after?.urls, ["http://10.0.0.1/"]);
  const path = join(await temporaryFolder(t), "causeway.yaml");
  await writeFile(path, "name: C\nroutes:\n  - id: lan\n    url: http://10.0.0.1/\n");
  await assert.rejects(readConfig(path), {
    code: "CONFIG_MALFORMED",
    message: /causeway\.yaml:4:10: .*private: true/,
  });
});
