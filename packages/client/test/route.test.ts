import assert from "node:assert/strict";
import { test } from "node:test";
import { RouteError, TrustError, UsageError } from "@causeway/kernel";
import { parseRoute, parseRoutes } from "../src/routes/parse-route.ts";

test("a route is a folder, with or without its last slash", () => {
  assert.equal(
    parseRoute("https://patch.example.com/v1").base.href,
    "https://patch.example.com/v1/",
  );
  assert.equal(parseRoute("http://[::1]:8080").id, "http://[::1]:8080/");
  assert.equal(parseRoute("file:///media/usb/").base.pathname, "/media/usb/");
  assert.equal(
    parseRoute("http://a.example/x").url("targets/a/b").href,
    "http://a.example/x/targets/a/b",
  );
});

test("credentials stay usable, and are never shown", () => {
  const route = parseRoute("https://it:s3cret@patch.example.com/");
  assert.equal(route.base.password, "s3cret");
  assert.doesNotMatch(JSON.stringify([route.id, route.report, route.attempt]), /s3cret/);
  for (const text of [
    "ftp://it:s3cret@example.com/",
    "it:s3cret@example.com",
    "http://it:s3cret@a/?q",
  ]) {
    assert.throws(
      () => parseRoute(text),
      (error: Error) => !error.message.includes("s3cret"),
    );
  }
});

test("what is no route is refused with what to write", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["", /write http:\/\//],
    ["patch.example.com", /write http:\/\//],
    ["ftp://example.com/", /write http:\/\//],
    ["./repository", /For a folder write file:\/\/\//],
    ["/srv/repository", /For a folder write file:\/\/\//],
    ["https://example.com/?token=1", /"\?" or "#"/],
    ["file://server/share/", /names a host/],
  ];
  for (const [text, message] of cases) {
    assert.throws(
      () => parseRoute(text),
      (error: unknown) => {
        assert.ok(error instanceof UsageError);
        assert.equal(error.code, "USAGE_ARGUMENT");
        assert.match(error.message, message);
        return true;
      },
    );
  }
});

test("a list has up to 64 routes, each once", () => {
  assert.equal(parseRoutes(["http://a/", "http://a", "http://b/"]).length, 2);
  assert.deepEqual(parseRoutes([]), []);
  const many = Array.from({ length: 65 }, (_, at) => `http://10.0.0.${at}/`);
  assert.throws(() => parseRoutes(many), /at most 64/);
});

test("a route's state is the worst that it did; what befell it heals", () => {
  const route = parseRoute("http://a/");
  const failure = (code: ConstructorParameters<typeof RouteError>[0]): RouteError => {
    return new RouteError(code, route.id, code);
  };
  assert.deepEqual(route.report, { url: "http://a/", bytes: 0, state: "ok", why: null });
  route.strike(failure("ROUTE_UNREACHABLE"));
  assert.equal(route.state, "dead");
  route.kept(1);
  assert.equal(route.state, "dead", "half an answer is no sign of health");
  route.completed();
  assert.equal(route.state, "ok");
  route.strike(failure("ROUTE_STALLED"));
  assert.equal(route.state, "slow");
  route.strike(new TrustError("TRUST_ROLLBACK", "timestamp", "is older"));
  route.strike(failure("ROUTE_MISSING"));
  assert.equal(route.state, "stale");
  route.strike(failure("ROUTE_LIED"));
  route.strike(failure("ROUTE_UNREACHABLE"));
  route.completed();
  assert.deepEqual([route.state, route.report.why], ["lying", "ROUTE_LIED"]);
});
