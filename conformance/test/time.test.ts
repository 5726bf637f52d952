import assert from "node:assert/strict";
import { test } from "node:test";
import { day, now, utc } from "../../packages/trust/test/support/test-repository.ts";
import { withClient } from "./support/suite-client.ts";

test("an expired root is taken, and nothing after it", async () => {
  await withClient(async (client) => {
    const { repository } = client;
    await client.init();
    assert.equal(await client.refresh(), 0);
    repository.publish("root");
    assert.equal(await client.refresh(), 0);
    repository.root.expires = utc(now - day);
    repository.publish("root", "targets", "snapshot", "timestamp");
    assert.equal(await client.refresh(), 1);
    assert.deepEqual(await client.trusted(), { root: 3, timestamp: 1, snapshot: 1, targets: 1 });
  });
});

test("roots between may have expired", async () => {
  await withClient(async (client) => {
    const { repository } = client;
    await client.init();
    repository.root.expires = utc(now - day);
    repository.publish("root");
    repository.root.expires = utc(now + day);
    repository.publish("root");
    assert.equal(await client.refresh(), 0);
    assert.equal((await client.trusted())["root"], 3);
  });
});

for (const role of ["timestamp", "snapshot", "targets"] as const) {
  test(`an expired ${role} is refused`, async () => {
    await withClient(async (client) => {
      const { repository } = client;
      await client.init();
      assert.equal(await client.refresh(), 0);
      repository[role].expires = utc(now - 5 * day);
      repository.publishAll();
      assert.equal(await client.refresh(), 1);
      assert.equal((await client.trusted())[role], 1);
    });
  });
}

test("local metadata that expired meanwhile is the way to its successor", async () => {
  await withClient(async (client) => {
    const { repository } = client;
    repository.timestamp.expires = utc(now + 7 * day);
    repository.publish("timestamp");
    await client.init();
    assert.equal(await client.refresh(), 0);
    repository.timestamp.expires = utc(now + 21 * day);
    repository.publishAll();
    assert.equal(await client.refresh(now + 18 * day), 0);
    assert.deepEqual(await client.trusted(), { root: 1, timestamp: 3, snapshot: 2, targets: 2 });
  });
});

test("local metadata that expired meanwhile still keeps older versions out", async () => {
  await withClient(async (client) => {
    const { repository } = client;
    repository.publish("timestamp");
    repository.timestamp.expires = utc(now + 7 * day);
    repository.publish("timestamp");
    await client.init();
    assert.equal(await client.refresh(), 0);
    repository.published.get("timestamp")?.pop();
    assert.equal(await client.refresh(now + 8 * day), 1);
    assert.equal((await client.trusted())["timestamp"], 3);
  });
});

test("a delegated role that has expired speaks for nothing and is not stored", async () => {
  await withClient(async (client) => {
    const { repository } = client;
    repository.delegate("targets", "delegated", { paths: ["folder/*"] });
    repository.addTarget("folder/target", "content", "delegated");
    repository.role("delegated").expires = utc(now - day);
    repository.publish("delegated", "targets", "snapshot", "timestamp");
    await client.init();
    assert.equal(await client.refresh(), 0);
    assert.equal(await client.download("folder/target"), 1);
    assert.deepEqual(await client.downloaded(), []);
    assert.deepEqual(Object.keys(await client.trusted()).toSorted(), [
      "root",
      "snapshot",
      "targets",
      "timestamp",
    ]);
  });
});

test("a stored delegated role counts until it expires, and its successor after that", async () => {
  await withClient(async (client) => {
    const { repository } = client;
    repository.delegate("targets", "delegated", { paths: ["folder/*"] });
    repository.addTarget("folder/first", "first", "delegated");
    repository.addTarget("folder/second", "second", "delegated");
    repository.role("delegated").expires = utc(now + 7 * day);
    repository.publish("delegated", "targets", "snapshot", "timestamp");
    await client.init();
    assert.equal(await client.download("folder/first"), 0);
    assert.equal(await client.download("folder/second", now + 18 * day), 1);
    assert.deepEqual(await client.downloaded(), ["first"]);
    repository.role("delegated").expires = utc(now + 21 * day);
    repository.publish("delegated", "snapshot", "timestamp");
    assert.equal(await client.download("folder/second", now + 18 * day), 0);
    assert.deepEqual(await client.downloaded(), ["first", "second"]);
  });
});
