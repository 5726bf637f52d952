import assert from "node:assert/strict";
import { test } from "node:test";
import { type RouteEntry, type RouteId, type RouteState, UsageError } from "@causeway/kernel";
import { publicOf, RetiredPlaces, routesToSign } from "../src/routes/to-sign.ts";

function route(id: string, url: string, state: RouteState = "active"): RouteEntry {
  return { id: id as RouteId, urls: [url], kind: "origin", priority: 1, weight: 100, state };
}

/** What is to be signed of these routes after that list; errors name the path of their part. */
function signed(
  routes: readonly RouteEntry[],
  last: readonly RouteEntry[] = [],
): readonly RouteEntry[] {
  const fault = (path: readonly (string | number)[], what: string): UsageError => {
    return new UsageError("CONFIG_MALFORMED", `${path.join(".")}: ${what}`);
  };
  const allRoutes = routes.map((entry) => ({ entry, isPrivate: false }));
  return publicOf(
    routesToSign(
      { allRoutes, fault },
      last.map((entry) => ({ entry })),
    ),
  );
}

test("what was retired stays as it was then, at its place or at the end", () => {
  const [old, gone] = [
    route("old", "https://old.example/", "retired"),
    route("gone", "https://gone.example/", "retired"),
  ];
  const live = route("live", "https://live.example/");
  const edited = route("old", "https://elsewhere.example/", "retired");
  assert.deepEqual(signed([edited, live], [live, old, gone]), [old, live, gone]);
  assert.deepEqual(signed([live]), [live]);
});

test("a retired route, its URL and its name cannot come back", () => {
  const old = route("old", "https://old.example/a/", "retired");
  const cases: readonly (readonly [RouteEntry, RegExp])[] = [
    [route("old", "https://new.example/"), /^routes\.1: the route old is retired for good/],
    [route("old", "https://new.example/", "draining"), /^routes\.1: the route old is retired/],
    [route("new", "https://old.example/a/"), /^routes\.1\.url: .*retired with the route old/],
    [route("new", "http://old.example:8080/"), /^routes\.1\.url: .*retired with the route old/],
  ];
  const live = route("live", "https://live.example/");
  for (const [back, message] of cases) {
    assert.throws(() => signed([live, back], [old, live]), { code: "CONFIG_MALFORMED", message });
  }
  const moved = [route("x", "https://x.example/", "retired"), route("y", "https://x.example/")];
  const message = /^routes\.1\.url: .*retired with the route x/;
  assert.throws(() => signed(moved, [route("x", "https://x.example/")]), { message });
});

test("a URL that two routes share is retired with both of them, or not at all", () => {
  const [one, other] = [route("x", "https://x.example/"), route("y", "https://x.example/")];
  const message = /^routes\.1\.url: .* is also the URL of x, which is to be retired; retire both/;
  assert.throws(() => signed([{ ...one, state: "retired" }, other], [one, other]), { message });
  const both = [one, other].map((each) => ({ ...each, state: "retired" as const }));
  assert.deepEqual(signed(both, [one, other]), both);
});

test("a list that already says so stays as it is", () => {
  const list = [
    route("old", "https://same.example/", "retired"),
    route("live", "https://same.example/"),
  ];
  assert.deepEqual(signed(list, list), list);
});

test("a name is gone when nothing lives on it, and an address never is", () => {
  const list = [
    route("a", "https://x.example/a/", "retired"),
    route("b", "https://y.example/", "retired"),
    route("c", "https://x.example/c/", "draining"),
    route("d", "https://192.0.2.1/d/", "retired"),
    route("e", "https://[2001:db8::1]/e/", "retired"),
    route("f", "file:///f/", "retired"),
    route("g", "https://dot.example./", "retired"),
  ];
  const places = new RetiredPlaces(list);
  const at = (url: string): string | undefined => places.at(url)?.id;
  assert.equal(at("https://x.example/a/"), "a");
  assert.equal(at("https://x.example/other/"), undefined);
  assert.equal(at("http://y.example:81/other/"), "b");
  assert.equal(at("https://192.0.2.1/other/"), undefined);
  assert.equal(at("https://192.0.2.1/d/"), "d");
  assert.equal(at("https://[2001:db8::1]/"), undefined);
  assert.equal(at("https://z.example/"), undefined);
  assert.equal(at("file:///other/"), undefined);
  assert.equal(at("https://dot.example/"), "g");
});

test("those that were retired count among the 10,000", () => {
  const many = Array.from({ length: 10_000 }, (_, at) =>
    route(`r${at}`, `https://r${at}.example/`),
  );
  const gone = route("gone", "https://gone.example/", "retired");
  const others = many.map(({ id }) => route(id, `https://new-${id}.example/`)).slice(1);
  assert.equal(signed(others, [...many.slice(1), gone]).length, 10_000);
  const message = /^routes: with those that were retired there are 10001 routes, over 10000$/;
  assert.throws(() => signed(many, [gone]), { code: "CONFIG_MALFORMED", message });
});
