import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AnnouncementError,
  HostError,
  Interrupted,
  NoRouteDelivered,
  RouteError,
  TrustError,
  UsageError,
} from "@causeway/kernel";
import { describeFailure } from "../src/failure.ts";

const dead = {
  url: "http://a/",
  bytesKept: 0,
  error: new RouteError("ROUTE_UNREACHABLE", "http://a/", "connection refused"),
};
const lying = {
  url: "http://b/",
  bytesKept: 0,
  error: new RouteError("ROUTE_LIED", "http://b/", "a chunk has another hash"),
};

test("each kind of failure has the exit code that the contract gives it", () => {
  const codes = [
    new UsageError("USAGE_ARGUMENT", "x"),
    new TrustError("TRUST_EXPIRED", "timestamp", "x"),
    new AnnouncementError("ANNOUNCEMENT_FORGED", "x"),
    new NoRouteDelivered("metadata", [dead]),
    new NoRouteDelivered("metadata", [dead, lying]),
    new HostError("HOST_FULL", "x"),
    new Interrupted(),
    new Error("a bug"),
  ].map((error) => describeFailure(error).exitCode);
  assert.deepEqual(codes, [2, 3, 3, 4, 3, 1, 130, 1]);
});

test("when every route failed, the JSON and the text name each with its reason", () => {
  const failure = describeFailure(new NoRouteDelivered("metadata", [dead, lying]));
  assert.deepEqual(JSON.parse(JSON.stringify(failure.json)), {
    error: {
      code: "ROUTE_ALL_FAILED",
      message: "metadata: all 2 routes failed. Add another with --route, or try again later.",
      routes: [
        { url: "http://a/", code: "ROUTE_UNREACHABLE", why: "connection refused" },
        { url: "http://b/", code: "ROUTE_LIED", why: "a chunk has another hash" },
      ],
    },
  });
  assert.match(failure.text, /http:\/\/b\/: a chunk has another hash/);
});

test("when all routes have the same to say of what is signed, the text names the next step", () => {
  const attempt = (code: "TRUST_EXPIRED" | "TRUST_THRESHOLD") => {
    return { url: "http://a/", bytesKept: 0, error: new TrustError(code, "timestamp", "x") };
  };
  const textOf = (...attempts: ConstructorParameters<typeof NoRouteDelivered>[1][number][]) => {
    return describeFailure(new NoRouteDelivered("metadata", attempts)).text;
  };
  const expired = attempt("TRUST_EXPIRED");
  assert.match(textOf(expired, expired), /\nthe vendor has to run causeway refresh; or .* clock/);
  assert.match(textOf(attempt("TRUST_THRESHOLD")), /\nis it the repository of another vendor/);
  assert.doesNotMatch(textOf(expired, dead), /causeway refresh/);
});

test("an error is known by its code, so a second copy of the kernel is understood", () => {
  const foreign = Object.assign(new Error("late"), {
    code: "TRUST_EXPIRED",
    blame: "publisher",
    remedy: "other-route",
  });
  assert.equal(describeFailure(foreign).exitCode, 3);
});

test("text from outside cannot steer the terminal", () => {
  const failure = describeFailure(new UsageError("USAGE_NAME", "bad \u001b[2J\u202e name"));
  assert.equal(failure.text, "bad \\u001b[2J\\u202e name [USAGE_NAME]");
});
