import assert from "node:assert/strict";
import { test } from "node:test";
import type { RouteEntry, RouteId, RouteList } from "@causeway/kernel";
import {
  decodeRetired,
  encodeRetired,
  isRetired,
  keepRetired,
  nothingRetired,
  readRetired,
  retiredAfter,
  sameRetired,
} from "../src/routes/listed/retired.ts";
import { MemoryStore } from "./support/memory-store.ts";

type State = RouteEntry["state"];

function listOf(...routes: readonly (readonly [url: string, state: State])[]): RouteList {
  return {
    version: 1,
    routes: routes.map(([url, state], at) => {
      const id = `r${at}` as RouteId;
      return { id, urls: [url], kind: "mirror", priority: 1, weight: 1, state };
    }),
  };
}

const keys = ["b", "a"];

test("a retired name is retired at every port and path, unless something live stands there", () => {
  const list = listOf(
    ["https://old.example/", "retired"],
    ["https://shared.example/old/", "retired"],
    ["https://shared.example/new/", "active"],
    ["http://192.0.2.1/", "retired"],
    ["http://[2001:db8::1]/", "retired"],
    ["file:///mnt/old/", "retired"],
    ["https://kept.example/", "draining"],
  );
  const retired = retiredAfter(nothingRetired, list, keys);
  const table: readonly (readonly [string, boolean])[] = [
    ["https://old.example/", true],
    ["http://OLD.example.:8080/elsewhere/", true],
    ["https://user:pw@old.example/", true],
    ["https://sub.old.example/", false],
    ["https://shared.example/old/", true],
    ["https://user:pw@shared.example./old/", true],
    ["https://shared.example/new/", false],
    ["https://shared.example/old/below/", false],
    ["http://192.0.2.1/", true],
    ["http://192.0.2.1:8080/", false],
    ["http://[2001:db8::1]/", true],
    ["http://[2001:db8::1]/other/", false],
    ["file:///mnt/old/", true],
    ["file:///mnt/", false],
    ["https://kept.example/", false],
  ];
  for (const [url, is] of table) assert.equal(isRetired(retired, new URL(url)), is, url);
});

test("retired is for good by the same keys, and new keys take the word of others back", () => {
  const before = retiredAfter(nothingRetired, listOf(["https://old.example/", "retired"]), keys);
  const old = new URL("https://old.example/");
  const later = retiredAfter(before, listOf(["https://old.example/", "active"]), keys.toReversed());
  assert.equal(isRetired(later, old), true);
  assert.equal(sameRetired(later, before), true);
  const recovered = retiredAfter(later, listOf(["https://thief.example/", "retired"]), ["c"]);
  assert.equal(isRetired(recovered, old), false);
  assert.equal(isRetired(recovered, new URL("https://thief.example/")), true);
  assert.equal(sameRetired(recovered, later), false);
});

test("what is retired is kept, in bounds, and forgotten when it is damaged", async () => {
  const store = new MemoryStore();
  assert.equal(await readRetired(store), nothingRetired);
  const many = Array.from({ length: 20_000 }, (_, at) => `https://r${at}.example/`);
  const early = retiredAfter(
    nothingRetired,
    listOf(...many.map((url) => [url, "retired"] as const)),
    keys,
  );
  const retired = retiredAfter(early, listOf(["https://new.example/", "retired"]), keys);
  assert.deepEqual([retired.urls.size, retired.hosts.size], [20_000, 20_000]);
  assert.equal(isRetired(retired, new URL("https://new.example/")), true);
  await keepRetired(store, retired);
  assert.deepEqual(await readRetired(store), retired);
  const bytes = encodeRetired(
    retiredAfter(nothingRetired, listOf(["https://a/", "retired"]), keys),
  );
  for (let length = 0; length < bytes.length; length++) {
    store.files.set("retired-routes.json", bytes.subarray(0, length));
    assert.equal(await readRetired(store), nothingRetired);
  }
  assert.deepEqual(decodeRetired(bytes)?.keys, ["a", "b"]);
});
