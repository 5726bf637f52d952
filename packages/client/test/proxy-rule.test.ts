import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "@causeway/kernel";
import { proxyRule, proxySettings } from "../src/node/connect/proxy-rule.ts";

/** The proxy that leads to each URL; "" when none does. */
function ways(except: string, ...urls: readonly string[]): readonly string[] {
  const rule = proxyRule({ http: "http://web:3128", https: "http://tls:3128", except });
  return urls.map((url) => rule(new URL(url))?.host ?? "");
}

test("each scheme has its proxy, and folders have none", () => {
  const urls = ["http://a.example/", "https://a.example/", "file:///media/stick/"];
  assert.deepEqual(ways("", ...urls), ["web:3128", "tls:3128", ""]);
});

test("loopback is never proxied, however it is written", () => {
  const hosts = ["127.0.0.1", "127.9.9.9", "127.1", "0x7f000001", "localhost", "localhost."];
  const all = [...hosts, "a.localhost", "[::1]", "[::ffff:127.0.0.1]"];
  assert.deepEqual(
    ways("", ...all.map((host) => `http://${host}:8080/`)),
    all.map(() => ""),
  );
  assert.deepEqual(ways("", "http://128.0.0.1/", "http://localhost.example/"), [
    "web:3128",
    "web:3128",
  ]);
});

test("what is excepted is reached directly: hosts, what is below them, ports, addresses, subnets", () => {
  const table: readonly [except: string, url: string, direct: boolean][] = [
    ["intra.example", "http://intra.example/", true],
    ["intra.example", "https://a.b.intra.example:8443/", true],
    ["intra.example", "http://notintra.example/", false],
    [".intra.example", "http://a.intra.example/", true],
    [".intra.example", "http://intra.example/", true],
    ["*.intra.example", "http://a.intra.example/", true],
    ["INTRA.Example", "http://a.intra.example./", true],
    ["intra.example:8443", "https://intra.example:8443/", true],
    ["intra.example:8443", "https://intra.example/", false],
    ["intra.example:443", "https://intra.example/", true],
    ["one.example, two.example  three.example", "http://three.example/", true],
    ["*", "http://any.example/", true],
    ["10.0.0.0/8", "http://10.200.3.4/", true],
    ["10.0.0.0/8", "http://11.0.0.1/", false],
    ["10.0.0.0/99", "http://10.0.0.1/", false],
    ["192.0.2.7", "http://192.0.2.7:81/", true],
    ["192.0.2.7:80", "http://192.0.2.7:81/", false],
    ["192.0.2.7:81", "http://192.0.2.7:81/", true],
    ["2001:db8::/32", "http://[2001:db8::1]/", true],
    ["[2001:db8::1]:8080", "http://[2001:db8::1]:8080/", true],
    ["[2001:db8::1]:8080", "http://[2001:db8::1]/", false],
    ["2001:db8::1", "http://[2001:db8:0::1]/", true],
    ["2.7", "http://192.0.2.7/", false],
    [",, ,", "http://a.example/", false],
    ["bücher.example", "http://bücher.example/", true],
    ["bücher.example", "http://xn--bcher-kva.example/", true],
    ["xn--bcher-kva.example", "http://bücher.example/", true],
    [".BÜCHER.example.", "https://a.bücher.example:8443/", true],
    ["bücher.example:8443", "https://bücher.example:8443/", true],
    ["bücher.example:8443", "https://bücher.example/", false],
    ["bücher.example", "http://bucher.example/", false],
    ["\u{FFFD}.example", "http://a.example/", false],
  ];
  for (const [except, url, direct] of table) {
    assert.equal(ways(except, url)[0] === "", direct, `${except} for ${url}`);
  }
});

test("where nothing goes over a proxy, what is none is of no matter", () => {
  for (const except of ["*", "a.example, *"]) {
    const rule = proxyRule({ http: "socks5://web:1", https: "socks5://web:1", except });
    assert.equal(rule(new URL("https://any.example/")), undefined);
  }
  assert.throws(() => proxyRule({ http: "socks5://web:1", except: "a.example" }), UsageError);
});

test("the environment is read as curl reads it", () => {
  assert.deepEqual(proxySettings({}), { http: "", https: "", except: "" });
  assert.deepEqual(
    proxySettings({ HTTP_PROXY: "up", http_proxy: "low", HTTPS_PROXY: "tls", NO_PROXY: "a" }),
    { http: "low", https: "tls", except: "a" },
  );
  const all = { ALL_PROXY: "any", https_proxy: "", no_proxy: "b", NO_PROXY: "a" };
  assert.deepEqual(proxySettings(all), { http: "any", https: "", except: "b" });
});

test("a proxy may be written without a scheme; what is none is refused without its password", () => {
  const rule = proxyRule({ http: "me:s3cret@web.example:3128" });
  assert.equal(rule(new URL("http://a.example/"))?.href, "http://me:s3cret@web.example:3128/");
  for (const http of ["socks5://me:s3cret@web:1", "http://me:s3cret@", "http://me:s3cret@a b/"]) {
    assert.throws(
      () => proxyRule({ http }),
      (error: unknown) => {
        assert.ok(error instanceof UsageError);
        assert.doesNotMatch(error.message, /s3cret/);
        return true;
      },
    );
  }
});
