import assert from "node:assert/strict";
import { test } from "node:test";
import type { Handler } from "../../src/exchange.ts";
import { HttpServer } from "../../src/http-server.ts";
import { defaultLimits } from "../../src/limits.ts";
import { refuse } from "../../src/refusals.ts";
import { parseRequestTarget } from "../../src/request-path.ts";
import { classOf, requestClasses } from "../../src/shield/request-class.ts";
import { askRaw, head } from "../support/http.ts";

const cases = [
  ["GET", "/metadata/timestamp.json", "metadata"],
  ["HEAD", "/metadata/timestamp.json", "metadata"],
  ["GET", "/targets/reader/abc.reader.zst?from=mail", "patch"],
  ["GET", "/%74argets/reader/abc.reader.zst", "patch"],
  ["GET", "/security/", "page"],
  ["GET", "/security/feed.atom", "page"],
  ["POST", "/beacon", "beacon"],
  ["GET", "/beacon", "other"],
  ["POST", "/beacon/more", "other"],
  ["POST", "/metadata/timestamp.json", "other"],
  ["DELETE", "/targets/reader/abc.reader.zst", "other"],
  ["GET", "/", "other"],
  ["GET", "/metadata", "other"],
  ["GET", "/metadata/../targets/x", "other"],
  ["GET", "http://other.example/metadata/timestamp.json", "other"],
  ["GET", `/metadata/${"a".repeat(2_000)}`, "other"],
] as const;

test("a request's class is told from its first line", () => {
  for (const [method, target, expected] of cases) {
    const path = parseRequestTarget(target, 1_024);
    assert.equal(classOf(method, target, path), expected, `${method} ${target}`);
  }
});

test("reports go before pages, and those before patches and metadata", () => {
  assert.deepEqual(requestClasses, ["other", "beacon", "page", "patch", "metadata"]);
});

test("whatever judges a request is told its class", async (t) => {
  const seen: string[] = [];
  const judge: Handler = async (exchange) => {
    seen.push(exchange.class);
    refuse(exchange, 404);
  };
  const server = new HttpServer(judge, defaultLimits, () => {});
  const port = await server.listen({ host: "127.0.0.1", port: 0, reusePort: false });
  t.after(() => server.stop(0));
  for (const [method, target] of cases) await askRaw(port, head(`${method} ${target} HTTP/1.1`));
  assert.deepEqual(
    seen,
    cases.map(([, , expected]) => expected),
  );
});
