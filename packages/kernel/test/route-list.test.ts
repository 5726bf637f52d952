import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  canonicalJson,
  decodeRouteList,
  encodeRouteList,
  normalRouteUrl,
  parseJson,
  type RouteEntry,
  type RouteId,
  type RouteList,
  routeKinds,
  routeStates,
} from "../src/index.ts";

function read(text: string): RouteList {
  return decodeRouteList(parseJson(Buffer.from(text), "routes.json"));
}

const entry = fc.record(
  {
    id: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/).map((id) => id as RouteId),
    urls: fc
      .uniqueArray(
        fc.webUrl().map((url) => normalRouteUrl(url) ?? "https://a.example/"),
        { minLength: 1, maxLength: 4 },
      )
      .map(([first = "", ...others]): RouteEntry["urls"] => [first, ...others]),
    kind: fc.constantFrom(...routeKinds),
    region: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,9}$/),
    priority: fc.integer({ min: 1, max: 1_000_000 }),
    weight: fc.integer({ min: 1, max: 1_000_000 }),
    capacity: fc.integer({ min: 1, max: 1e15 }),
    state: fc.constantFrom(...routeStates),
  },
  { requiredKeys: ["id", "urls", "kind", "priority", "weight", "state"], noNullPrototype: true },
);

test("a route list is read back as it was written", () => {
  const version = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
  const routes = fc.uniqueArray(entry, { selector: (one) => one.id, maxLength: 20 });
  const pollSeconds = fc.integer({ min: 60, max: 604_800 });
  const shard = fc.integer({ min: 1, max: 1024 });
  const box = fc.stringMatching(/^[\w-]{1,40}$/);
  const sealed = fc.array(fc.record({ shard, box }, { noNullPrototype: true }), { minLength: 1 });
  const lists = fc.record(
    { version, pollSeconds, routes, sealed },
    { requiredKeys: ["version", "routes"], noNullPrototype: true },
  );
  fc.assert(
    fc.property(lists, (list) => {
      const bytes = canonicalJson(encodeRouteList(list));
      assert.deepEqual(decodeRouteList(parseJson(bytes, "routes.json")), list);
    }),
  );
});

const route: RouteEntry = {
  id: "a" as RouteId,
  urls: ["https://a.example/"],
  kind: "origin",
  priority: 1,
  weight: 100,
  state: "active",
};

test("a route list with anything wrong in it is refused", () => {
  const wrong: readonly Record<string, unknown>[] = [
    { id: "A" },
    { urls: ["https://a.example"] },
    { urls: ["https://user:secret@a.example/"] },
    { urls: ["javascript:alert(1)"] },
    { urls: [`https://a.example/${"x".repeat(2000)}/`] },
    { urls: [] },
    { urls: ["https://a.example/", "https://a.example/"] },
    { urls: Array.from({ length: 5 }, (_, at) => `https://${at}.example/`) },
    { urls: "https://a.example/" },
    { capacity: 0 },
    { kind: "worm" },
    { priority: 0 },
    { weight: 1_000_001 },
    { region: "EU" },
  ];
  for (const change of wrong) {
    const list = { _type: "causeway-routes", version: 1, routes: [{ ...route, ...change }] };
    assert.throws(
      () => read(JSON.stringify(list)),
      { code: "TRUST_MALFORMED" },
      JSON.stringify(change),
    );
  }
  const twice = { _type: "causeway-routes", version: 1, routes: [route, route] };
  assert.throws(() => read(JSON.stringify(twice)), { code: "TRUST_MALFORMED" });
  const many = {
    _type: "causeway-routes",
    version: 1,
    routes: Array.from({ length: 10_001 }, () => 0),
  };
  assert.throws(() => read(JSON.stringify(many)), { code: "TRUST_MALFORMED" });
  assert.throws(() => read('{"_type":"causeway-catalogue","version":1,"routes":[]}'), {
    code: "TRUST_MALFORMED",
  });
  assert.throws(() => read('{"_type":"causeway-routes","version":0,"routes":[]}'), {
    code: "TRUST_MALFORMED",
  });
});

test("a sealed route with anything wrong in it is refused, and so are too many", () => {
  const good = { shard: 3, box: "AAAA" };
  const wrong: readonly unknown[] = [
    [{ ...good, shard: 0 }],
    [{ ...good, shard: 1025 }],
    [{ ...good, shard: "3" }],
    [{ ...good, box: "" }],
    [{ ...good, box: "A+/=" }],
    [{ ...good, box: "A".repeat(8193) }],
    ["AAAA"],
    good,
    Array.from({ length: 1025 }, () => good),
  ];
  const listOf = (sealed: unknown): string => {
    return JSON.stringify({ _type: "causeway-routes", version: 1, routes: [route], sealed });
  };
  for (const sealed of wrong) {
    assert.throws(() => read(listOf(sealed)), { code: "TRUST_MALFORMED" }, listOf(sealed));
  }
  assert.deepEqual(read(listOf([good])).sealed, [good]);
  assert.equal(read(listOf([])).sealed, undefined);
});

test("a route in a state of the future does not take the others away", () => {
  const sealed = { id: "b", state: "sealed", box: "…" };
  const list = { _type: "causeway-routes", version: 3, routes: [sealed, route] };
  assert.deepEqual(read(JSON.stringify(list)), { version: 3, routes: [route] });
});

test("a route's URL has one form", () => {
  assert.equal(normalRouteUrl("HTTPS://A.Example:443/x"), "https://a.example/x/");
  assert.equal(normalRouteUrl("file:///srv/tree"), "file:///srv/tree/");
  for (const text of ["", "a.example", "ftp://a/", "https://u@a/", "https://a/?", "https://a/#"]) {
    assert.equal(normalRouteUrl(text), undefined, text);
  }
});
