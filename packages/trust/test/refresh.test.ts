import assert from "node:assert/strict";
import { test } from "node:test";
import { TestClient } from "./support/test-client.ts";
import { TestRepository } from "./support/test-repository.ts";

test("a first refresh asks for exactly the four files, and trusts them", () => {
  const client = new TestClient(new TestRepository());
  client.refresh();
  assert.deepEqual(client.requests, [
    "2.root.json",
    "timestamp.json",
    "1.snapshot.json",
    "1.targets.json",
  ]);
  assert.deepEqual(client.versions(), { root: 1, timestamp: 1, snapshot: 1, targets: 1 });
});

test("a target is found and its location carries its hash", () => {
  const repository = new TestRepository();
  repository.addTarget("a/b.txt", "content");
  repository.publishAll();
  const found = new TestClient(repository).find("a/b.txt");
  assert.deepEqual(found?.locations, [`a/${found?.hashes.get("sha256")}.b.txt`]);
});
