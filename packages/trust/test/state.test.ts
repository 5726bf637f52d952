import assert from "node:assert/strict";
import { test } from "node:test";
import { Lookup, Refresh, storedName, storedRootName } from "@causeway/trust";
import fc from "fast-check";
import { assertRefused } from "./support/refusal.ts";
import { TestClient } from "./support/test-client.ts";
import { day, now, TestRepository } from "./support/test-repository.ts";

/** A repository at version 3 of everything, with a delegated role, and a client that knows it. */
function knownRepository(): { repository: TestRepository; client: TestClient } {
  const repository = new TestRepository();
  repository.delegate("targets", "a", { paths: ["a/*"] });
  repository.addTarget("a/file", "content", "a");
  for (let round = 0; round < 2; round++) repository.publish("root", "a", "targets");
  repository.publish("snapshot", "timestamp", "snapshot", "timestamp");
  const client = new TestClient(repository);
  client.find("a/file");
  return { repository, client };
}

test("every accepted file is kept, the roots under their numbers", () => {
  const { client } = knownRepository();
  assert.deepEqual([...client.state.keys()].toSorted(), [
    "2.root.json",
    "3.root.json",
    "a.json",
    "snapshot.json",
    "targets.json",
    "timestamp.json",
  ]);
});

test("what is damaged is ignored and fetched again", () => {
  const damages: readonly ((bytes: Uint8Array) => Uint8Array)[] = [
    (bytes) => bytes.subarray(0, bytes.length / 2),
    () => new Uint8Array(),
    () => new Uint8Array(4096),
    (bytes) => Buffer.from(bytes).fill(0x20, 20, 21),
    (bytes) => Buffer.from(bytes.toString().replace('"version":', '"version":1')),
    () => Buffer.from("{}"),
  ];
  for (const name of knownRepository().client.state.keys()) {
    for (const damage of damages) {
      const { client } = knownRepository();
      const sound = client.state.get(name) ?? new Uint8Array();
      client.state.set(name, damage(sound));
      assert.equal(client.find("a/file")?.length, 7);
      assert.deepEqual(client.state.get(name), sound, `${name} was fetched again`);
    }
  }
});

test("no damage of one byte makes the state more than it was", () => {
  const { client } = knownRepository();
  const names = [...client.state.keys()];
  const sound = client.versions();
  const at = fc.tuple(fc.constantFrom(...names), fc.nat(10_000), fc.integer({ min: 1, max: 255 }));
  fc.assert(
    fc.property(at, ([name, position, change]) => {
      const bytes = Buffer.from(client.state.get(name) ?? []);
      const index = position % bytes.length;
      bytes[index] = (bytes[index] ?? 0) ^ change;
      const damaged = new TestClient(new TestRepository());
      for (const [other, content] of client.state) damaged.state.set(other, content);
      damaged.state.set(name, bytes);
      Object.assign(damaged, { pinned: client.pinned });
      for (const [role, version] of Object.entries(damaged.versions())) {
        assert.ok(version <= (sound[role] ?? 0), `${role} rose to ${version}`);
      }
    }),
    { numRuns: 300 },
  );
});

test("a lost timestamp does not let an older snapshot in", () => {
  const { repository, client } = knownRepository();
  client.state.delete("timestamp.json");
  client.use((path) => {
    return path.endsWith("timestamp.json") ? repository.bytes("timestamp", 2) : undefined;
  });
  assertRefused(() => client.refresh(), "TRUST_ROLLBACK", "snapshot");
});

test("a stored file of another repository counts for nothing", () => {
  const { client } = knownRepository();
  const other = knownRepository().client;
  for (const name of other.state.keys()) {
    if (!name.endsWith("root.json"))
      other.state.set(name, client.state.get(name) ?? Buffer.from(""));
  }
  assert.deepEqual(other.versions(), { root: 3 });
});

test("kept roots are verified again from the pinned one on, up to the first gap", () => {
  const { client } = knownRepository();
  assert.equal(client.open().root.version, 3);
  client.state.delete("2.root.json");
  assert.equal(client.open().root.version, 1);
  const { client: forged } = knownRepository();
  forged.state.set("3.root.json", client.pinned);
  assert.equal(forged.open().root.version, 2);
});

test("only a pinned root that is none keeps the state from opening", () => {
  const { client } = knownRepository();
  Object.assign(client, { pinned: client.pinned.subarray(1) });
  assertRefused(() => client.open(), "TRUST_MALFORMED", "root");
});

test("without any route, a complete state answers lookups until something expires", () => {
  const { client } = knownRepository();
  const offline = client.open();
  assert.equal(offline.isComplete, true);
  assert.equal(new Lookup(offline, "a/file", now).found?.length, 7);
  assertRefused(() => new Lookup(offline, "a/file", now + 30 * day), "TRUST_EXPIRED");
  client.state.delete("targets.json");
  assertRefused(() => new Lookup(client.open(), "a/file", now), "TRUST_MIXED");
});

const oddNames = [
  "?",
  "/etc/passwd",
  "../x",
  "..",
  "a/../b",
  "1.root",
  "con%",
  "ü😀",
  "a\u0000b",
  "a'(b)*!",
  "x".repeat(256),
  "😀".repeat(128),
];

for (const name of oddNames) {
  test(`a role called ${JSON.stringify(name.slice(0, 20))} is one file of the folder`, () => {
    const stored = storedName(name);
    assert.match(stored, /^[A-Za-z0-9_%-]+\.json$/);
    assert.ok(stored.length <= 205);
    assert.notEqual(stored, storedRootName(1));
    const repository = new TestRepository();
    repository.delegate("targets", name);
    repository.addTarget("file", "content", name);
    repository.publish(name);
    repository.publishAll();
    const client = new TestClient(repository);
    assert.equal(client.find("file")?.length, 7);
    assert.ok(client.state.has(stored));
    assert.match(client.requests[0] ?? "", /^1\.[A-Za-z0-9._~%-]+\.json$/);
    assert.equal(client.find("file")?.length, 7);
    assert.deepEqual(client.requests, [], "it is read from the folder");
  });
}

test("no two roles share a file", () => {
  const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });
  fc.assert(fc.property(name, name, (a, b) => a === b || storedName(a) !== storedName(b)));
});

test("two refreshes of one set do not disturb each other", () => {
  const { repository, client } = knownRepository();
  const set = client.open();
  const before = set.versions();
  repository.publish("targets", "snapshot", "timestamp");
  const slow = new Refresh(set, now);
  const quick = new Refresh(set, now);
  for (const refresh of [quick, slow]) {
    for (let { want } = refresh; want !== undefined; want = refresh.want) {
      const bytes = repository.fetch(`metadata/${want.path}`);
      if (bytes === undefined) refresh.absent();
      else refresh.offer(bytes);
    }
  }
  assert.deepEqual(set.versions(), before, "the set they started from is what it was");
  assert.deepEqual(quick.set.versions(), slow.set.versions());
});
