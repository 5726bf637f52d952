import assert from "node:assert/strict";
import { test } from "node:test";
import { limits, Refresh, TrustedSet } from "@causeway/trust";
import { assertRefused } from "./support/refusal.ts";
import { TestClient } from "./support/test-client.ts";
import { day, now, TestRepository, utc } from "./support/test-repository.ts";

test("an expired root ends the refresh on this route, and a newer root goes on", () => {
  const repository = new TestRepository();
  repository.root.expires = utc(now - day);
  repository.publish("root");
  const client = new TestClient(repository);
  assertRefused(() => client.refresh(), "TRUST_EXPIRED", "root");
  assert.deepEqual(client.versions(), { root: 2 });
  const refresh = new Refresh(client.open(), now);
  assertRefused(() => refresh.absent(), "TRUST_EXPIRED", "root");
  repository.root.expires = utc(now + day);
  repository.publish("root");
  refresh.offer(repository.bytes("root"));
  refresh.absent();
  assert.equal(refresh.want?.role, "timestamp");
});

test("a root is refused under another number than its own", () => {
  const repository = new TestRepository();
  repository.publish("root");
  repository.publish("root");
  const client = new TestClient(repository);
  client.use((path) => repository.fetch(path.replace("2.root", "3.root")));
  assertRefused(() => client.refresh(), "TRUST_VERSION", "root");
  client.use((path) => repository.fetch(path.replace("2.root", "1.root")));
  assertRefused(() => client.refresh(), "TRUST_ROLLBACK", "root");
});

test("the keys that a root brings are not even tried before the known ones vouch for it", () => {
  const stranger = new TestRepository();
  for (let count = 1; count < 50; count++) stranger.addKey("root");
  Object.assign(stranger.root.roles["root"] ?? {}, { threshold: 51 });
  stranger.publish("root");
  const client = new TestClient(new TestRepository());
  client.use((path) => (path.includes("2.root") ? stranger.bytes("root") : undefined));
  assert.throws(
    () => client.refresh(),
    (error: Error) => error.message.includes("0 of the 1 signatures"),
  );
});

test("endless roots end: the next refresh goes on where this one stopped", () => {
  const repository = new TestRepository();
  for (let version = 2; version <= limits.rootRotationsMax + 10; version++) {
    repository.publish("root");
  }
  const client = new TestClient(repository);
  assert.equal(client.refresh().root.version, limits.rootRotationsMax + 1);
  assert.equal(client.refresh().root.version, limits.rootRotationsMax + 10);
});

test("roots that end at an expired one leave what was accepted, and the next refresh goes on", () => {
  const repository = new TestRepository();
  repository.root.expires = utc(now - day);
  for (let version = 2; version <= limits.rootRotationsMax + 1; version++) {
    repository.publish("root");
  }
  repository.root.expires = utc(now + day);
  repository.publish("root");
  const client = new TestClient(repository);
  assertRefused(() => client.refresh(), "TRUST_EXPIRED", "root");
  assert.equal(client.refresh().root.version, limits.rootRotationsMax + 2);
});

test("a role whose key was taken away starts again, and its stored files go", () => {
  const repository = new TestRepository();
  const kept = repository.addKey("timestamp");
  repository.publish("root");
  for (let version = 2; version <= 50; version++) repository.publish("timestamp");
  const client = new TestClient(repository);
  client.refresh();
  repository.root.roles["timestamp"] = { keyids: [kept.keyid], threshold: 1 };
  repository.signers.set("timestamp", [kept]);
  repository.publish("root");
  repository.published.set("timestamp", [repository.bytes("timestamp", 2)]);
  const { remove } = new Refresh(client.open(), now).offer(repository.bytes("root"));
  assert.deepEqual(remove, ["timestamp.json", "snapshot.json"]);
  client.refresh();
  assert.deepEqual(client.versions(), { root: 3, timestamp: 2, snapshot: 1, targets: 1 });
});

test("a key beside the old ones resets nothing", () => {
  const repository = new TestRepository();
  repository.publish("timestamp");
  const client = new TestClient(repository);
  client.refresh();
  repository.addKey("timestamp");
  repository.publish("root");
  repository.published.get("timestamp")?.pop();
  assertRefused(() => client.refresh(), "TRUST_ROLLBACK", "timestamp");
});

test("what has too few signatures under a new root keeps nothing out", () => {
  const repository = new TestRepository();
  for (let version = 2; version <= 5; version++) repository.publish("timestamp");
  const client = new TestClient(repository);
  client.refresh();
  repository.addKey("timestamp");
  Object.assign(repository.root.roles["timestamp"] ?? {}, { threshold: 2 });
  repository.publish("root");
  repository.published.delete("timestamp");
  repository.timestamp.version = 2;
  repository.publish("timestamp");
  assert.equal(client.refresh().timestamp?.version, 2);
});

test("an expired pinned root opens, since newer ones may follow", () => {
  const repository = new TestRepository();
  assert.equal(TrustedSet.open(repository.firstRoot, new Map(), now + 1000 * day).root.version, 1);
});
