import assert from "node:assert/strict";
import { test } from "node:test";
import { limits, Refresh, signedAtField } from "@causeway/trust";
import { assertRefused } from "./support/refusal.ts";
import { TestClient } from "./support/test-client.ts";
import { day, now, TestRepository, utc } from "./support/test-repository.ts";

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

test("a second refresh asks for no more than the next root and the timestamp", () => {
  const client = new TestClient(new TestRepository());
  client.refresh();
  client.refresh();
  assert.deepEqual(client.requests, ["2.root.json", "timestamp.json"]);
});

test("only what has a new version is fetched again", () => {
  const repository = new TestRepository();
  const client = new TestClient(repository);
  client.refresh();
  repository.publish("snapshot", "timestamp");
  client.refresh();
  assert.deepEqual(client.requests.slice(1), ["timestamp.json", "2.snapshot.json"]);
});

test("what is refused leaves the refresh as it was, and another route may go on", () => {
  const repository = new TestRepository();
  const other = new TestRepository();
  const refresh = new Refresh(new TestClient(repository).open(), now);
  for (const role of ["root", "timestamp", "snapshot", "targets"]) {
    const { want, set } = refresh;
    assert.equal(want?.role, role);
    const wrong = [Buffer.from(""), other.bytes(role), new Uint8Array((want?.lengthMax ?? 0) + 1)];
    for (const bytes of wrong) assert.throws(() => refresh.offer(bytes), { name: "TrustError" });
    assert.deepEqual(refresh.want, want);
    assert.equal(refresh.set, set);
    if (role === "root") refresh.absent();
    else refresh.offer(repository.bytes(role));
  }
  assert.equal(refresh.want, undefined);
});

test("a file that is longer than its signed length is never read to its end", () => {
  const repository = new TestRepository();
  repository.listsHashes = true;
  repository.publishAll();
  const refresh = new Refresh(new TestClient(repository).open(), now);
  assert.equal(refresh.want?.lengthMax, limits.rootBytesMax);
  refresh.absent();
  assert.equal(refresh.want?.lengthMax, limits.timestampBytesMax);
  refresh.offer(repository.bytes("timestamp"));
  assert.equal(refresh.want?.lengthMax, repository.bytes("snapshot").length);
  refresh.offer(repository.bytes("snapshot"));
  assert.equal(refresh.want?.lengthMax, repository.bytes("targets").length);
});

test("a signed length beyond every bound does not raise the bound", () => {
  const repository = new TestRepository();
  repository.timestamp.meta["snapshot.json"] = { version: 1, length: Number.MAX_SAFE_INTEGER };
  repository.publish("timestamp");
  const refresh = new Refresh(new TestClient(repository).open(), now);
  refresh.absent();
  refresh.offer(repository.bytes("timestamp"));
  assert.equal(refresh.want?.lengthMax, limits.snapshotBytesMax);
});

test("a snapshot of the right version and another content is refused by its hash", () => {
  const repository = new TestRepository();
  repository.listsHashes = true;
  repository.publishAll();
  const client = new TestClient(repository);
  const spaced = Buffer.concat([repository.bytes("snapshot"), Buffer.from(" ")]);
  client.use((path) => (path.includes("snapshot") ? spaced : repository.fetch(path)));
  assertRefused(() => client.refresh(), "TRUST_MISMATCH", "snapshot");
});

test("a hash of unknown kind cannot be checked, so what it stands for is refused", () => {
  const repository = new TestRepository();
  const hashes = { md5: "00".repeat(16) };
  repository.timestamp.meta["snapshot.json"] = { version: 1, hashes };
  repository.publish("timestamp");
  assertRefused(() => new TestClient(repository).refresh(), "TRUST_MISMATCH", "snapshot");
});

test("pieces of two states of the repository do not go together", () => {
  const repository = new TestRepository();
  repository.root.consistent_snapshot = false;
  repository.publish("root");
  const [oldTargets, oldSnapshot] = [repository.bytes("targets"), repository.bytes("snapshot")];
  repository.publishAll();
  const client = new TestClient(repository);
  client.use((path) => (path.endsWith("/snapshot.json") ? oldSnapshot : repository.fetch(path)));
  assertRefused(() => client.refresh(), "TRUST_VERSION", "snapshot");
  client.use((path) => (path.endsWith("/targets.json") ? oldTargets : repository.fetch(path)));
  assertRefused(() => client.refresh(), "TRUST_VERSION", "targets");
  client.use((path) => repository.fetch(path));
  client.refresh();
  assert.deepEqual(client.versions(), { root: 2, timestamp: 2, snapshot: 2, targets: 2 });
});

test("a snapshot that forgets a role is refused", () => {
  const repository = new TestRepository();
  repository.delegate("targets", "a");
  repository.publish("a");
  repository.publishAll();
  const client = new TestClient(repository);
  client.refresh();
  delete repository.snapshot.meta["a.json"];
  repository.publish("snapshot", "timestamp");
  assertRefused(() => client.refresh(), "TRUST_ROLLBACK", "snapshot");
});

test("a snapshot that does not list targets.json is refused", () => {
  const repository = new TestRepository();
  repository.snapshot.meta = {};
  repository.publish("snapshot", "timestamp");
  assertRefused(() => new TestClient(repository).refresh(), "TRUST_MALFORMED", "snapshot");
});

test("an older timestamp is refused although the newer one has expired meanwhile", () => {
  const repository = new TestRepository();
  const old = repository.bytes("timestamp");
  repository.timestamp.expires = utc(now + day);
  repository.publish("timestamp");
  const client = new TestClient(repository);
  client.refresh();
  client.use((path) => (path.endsWith("timestamp.json") ? old : repository.fetch(path)));
  assertRefused(() => client.refresh(now + 2 * day), "TRUST_ROLLBACK", "timestamp");
});

test("the very timestamp that is trusted already is no news, until it expires", () => {
  const repository = new TestRepository();
  repository.timestamp.expires = utc(now + day);
  repository.publish("timestamp");
  const client = new TestClient(repository);
  client.refresh();
  client.refresh(now + day - 1);
  assertRefused(() => client.refresh(now + day), "TRUST_EXPIRED", "timestamp");
});

test("a stored snapshot or targets that expired is not good enough for a newer timestamp", () => {
  for (const role of ["snapshot", "targets"] as const) {
    const repository = new TestRepository();
    repository[role].expires = utc(now + day);
    repository.publishAll();
    const client = new TestClient(repository);
    client.refresh();
    repository.publish("timestamp");
    assertRefused(() => client.refresh(now + 2 * day), "TRUST_EXPIRED", role);
    assert.equal(client.requests.at(-1), `2.${role}.json`);
  }
});

test("a signed length is checked although the hash is right", () => {
  const repository = new TestRepository();
  repository.listsHashes = true;
  repository.publishAll();
  Object.assign(repository.timestamp.meta["snapshot.json"] ?? {}, { length: 100_000 });
  repository.publish("timestamp");
  assertRefused(() => new TestClient(repository).refresh(), "TRUST_MISMATCH", "snapshot");
});

test("a document expires at its very second", () => {
  for (const role of ["timestamp", "snapshot", "targets"] as const) {
    const repository = new TestRepository();
    repository[role].expires = utc(now);
    repository.publishAll();
    new TestClient(repository).refresh(now - 1);
    assertRefused(() => new TestClient(repository).refresh(now), "TRUST_EXPIRED", role);
  }
});

test("a stored snapshot of the right version and another hash is fetched again", () => {
  const repository = new TestRepository();
  const client = new TestClient(repository);
  client.refresh();
  repository.snapshot["remark"] = "the same version, signed again";
  repository.published.delete("snapshot");
  repository.listsHashes = true;
  repository.publish("snapshot", "timestamp");
  client.refresh();
  assert.deepEqual(client.requests.slice(1), ["timestamp.json", "1.snapshot.json"]);
  assert.deepEqual(client.state.get("snapshot.json"), repository.bytes("snapshot"));
});

test("the set tells when it was signed, when it expires, and whether it is complete", () => {
  const repository = new TestRepository();
  repository.timestamp[signedAtField] = utc(now - 60_000);
  repository.snapshot[signedAtField] = utc(now - 120_000);
  repository.timestamp.expires = utc(now + day);
  repository.publishAll();
  const client = new TestClient(repository);
  assert.deepEqual([client.open().isComplete, client.open().expires], [false, undefined]);
  client.refresh();
  assert.equal(client.open().newestSignedAt, now - 60_000);
  assert.equal(client.open().expires, now + day);
  assert.equal(client.open(now + day - 1).isComplete, true);
  assert.equal(client.open(now + day).isComplete, false);
});
