import assert from "node:assert/strict";
import { test } from "node:test";
import { withClient } from "./support/suite-client.ts";

test("a snapshot that no timestamp lists is not asked for", async () => {
  await withClient(async (client) => {
    const { repository } = client;
    repository.publish("snapshot", "timestamp");
    await client.init();
    assert.equal(await client.refresh(), 0);
    repository.publish("snapshot");
    assert.equal(await client.refresh(), 0);
    assert.equal((await client.trusted())["snapshot"], 2);
    assert.equal(client.requests.at(-1), "timestamp.json");
  });
});

test("an older timestamp is refused", async () => {
  await withClient(async (client) => {
    const { repository } = client;
    repository.publish("timestamp");
    await client.init();
    assert.equal(await client.refresh(), 0);
    repository.published.get("timestamp")?.pop();
    assert.equal(await client.refresh(), 1);
    assert.equal((await client.trusted())["timestamp"], 2);
    assert.equal(client.requests.at(-1), "timestamp.json");
  });
});

for (const listsHashes of [false, true]) {
  const suffix = listsHashes ? " although hashes are right" : "";

  test(`a timestamp that lists an older snapshot is refused${suffix}`, async () => {
    await withClient(async (client) => {
      const { repository } = client;
      repository.listsHashes = listsHashes;
      repository.publish("snapshot", "timestamp");
      await client.init();
      assert.equal(await client.refresh(), 0);
      repository.published.delete("snapshot");
      repository.snapshot.version = 1;
      repository.publish("snapshot", "timestamp");
      assert.equal(await client.refresh(), 1);
      const { timestamp, snapshot } = await client.trusted();
      assert.deepEqual({ timestamp, snapshot }, { timestamp: 2, snapshot: 2 });
      assert.equal(client.requests.at(-1), "timestamp.json");
    });
  });

  test(`a snapshot that lists older targets is refused${suffix}`, async () => {
    await withClient(async (client) => {
      const { repository } = client;
      repository.listsHashes = listsHashes;
      repository.publishAll();
      await client.init();
      assert.equal(await client.refresh(), 0);
      repository.published.delete("targets");
      repository.targets.version = 1;
      repository.publishAll();
      assert.equal(await client.refresh(), 1);
      const { snapshot, targets } = await client.trusted();
      assert.deepEqual({ snapshot, targets }, { snapshot: 2, targets: 2 });
    });
  });
}

test("new snapshot keys let targets start again after a fast-forward attack", async () => {
  await withClient(async (client) => {
    const { repository } = client;
    for (let version = 2; version <= 100; version++) repository.publish("targets");
    repository.publish("snapshot", "timestamp");
    await client.init();
    assert.equal(await client.refresh(), 0);
    assert.equal((await client.trusted())["targets"], 100);
    repository.rotateKeys("snapshot");
    repository.targets.version = 1;
    repository.publish("root", "targets", "snapshot", "timestamp");
    repository.published.set(
      "targets",
      repository.published.get("targets")?.toSpliced(1, 99) ?? [],
    );
    assert.equal(await client.refresh(), 0);
    assert.equal((await client.trusted())["targets"], 2);
  });
});

test("new snapshot and timestamp keys let the snapshot start again", async () => {
  await withClient(async (client) => {
    const { repository } = client;
    for (let version = 2; version <= 100; version++) repository.publish("snapshot");
    repository.publish("timestamp");
    await client.init();
    assert.equal(await client.refresh(), 0);
    assert.equal((await client.trusted())["snapshot"], 100);
    repository.rotateKeys("snapshot");
    repository.rotateKeys("timestamp");
    repository.published.delete("snapshot");
    repository.snapshot.version = 1;
    repository.publish("root", "targets", "snapshot", "timestamp");
    assert.equal(await client.refresh(), 0);
    assert.equal((await client.trusted())["snapshot"], 1);
  });
});

test("new timestamp keys let the timestamp start again", async () => {
  await withClient(async (client) => {
    const { repository } = client;
    for (let version = 2; version <= 100; version++) repository.publish("timestamp");
    await client.init();
    assert.equal(await client.refresh(), 0);
    assert.equal((await client.trusted())["timestamp"], 100);
    repository.rotateKeys("timestamp");
    repository.published.delete("timestamp");
    repository.timestamp.version = 1;
    repository.publish("root", "targets", "snapshot", "timestamp");
    assert.equal(await client.refresh(), 0);
    assert.equal((await client.trusted())["timestamp"], 1);
  });
});
