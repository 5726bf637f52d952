import assert from "node:assert/strict";
import { test } from "node:test";
import { makeKey, renamed } from "../../packages/trust/test/support/test-key.ts";
import { day, now, utc } from "../../packages/trust/test/support/test-repository.ts";
import { withClient } from "./support/suite-client.ts";

const firstRequests = ["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"];
const allAtOne = { root: 1, timestamp: 1, snapshot: 1, targets: 1 };

test("a refresh asks for the four files in order and stores them byte for byte", async () => {
  await withClient(async (client) => {
    assert.equal(await client.init(), 0);
    assert.deepEqual(client.requests, []);
    assert.equal(await client.refresh(), 0);
    assert.deepEqual(client.requests, firstRequests);
    for (const role of ["root", "timestamp", "snapshot", "targets"]) {
      assert.deepEqual(await client.stored(`${role}.json`), client.repository.bytes(role));
    }
  });
});

test("a download refreshes first, also when nobody vouches for the target", async () => {
  await withClient(async (client) => {
    await client.init();
    assert.equal(await client.download("nonexistent artifact"), 1);
    assert.deepEqual(client.requests, firstRequests);
    assert.deepEqual(await client.trusted(), allAtOne);
  });
});

test("an initial root that is malformed or badly signed ends before any request", async () => {
  const spoil = [
    (root: { signed: Record<string, unknown> }) => delete root.signed["version"],
    (root: { signatures?: { sig: string }[] }) =>
      root.signatures?.forEach((item) => {
        item.sig = item.sig.replace(/^../, (byte) => (byte === "00" ? "01" : "00"));
      }),
  ];
  for (const change of spoil) {
    await withClient(async (client) => {
      const root = JSON.parse(client.repository.firstRoot.toString());
      change(root);
      await client.init(Buffer.from(JSON.stringify(root)));
      assert.equal(await client.refresh(), 1);
      assert.deepEqual(client.requests, []);
    });
  }
});

const refusedAt = [
  { role: "root", trusted: { root: 1 } },
  { role: "timestamp", trusted: { root: 2 } },
  { role: "snapshot", trusted: { root: 2, timestamp: 2 } },
  { role: "targets", trusted: { root: 2, timestamp: 2, snapshot: 2 } },
];

for (const { role, trusted } of refusedAt) {
  test(`an unsigned ${role} is refused, and what came before it is kept`, async () => {
    await withClient(async (client) => {
      client.repository.signers.set(role, []);
      client.repository.publish("root", "targets", "snapshot", "timestamp");
      await client.init();
      assert.equal(await client.refresh(), 1);
      assert.deepEqual(await client.trusted(), trusted);
    });
  });
}

for (const { role, trusted } of refusedAt.filter((item) => item.role !== "timestamp")) {
  test(`a ${role} of another version than its URL is refused`, async () => {
    await withClient(async (client) => {
      const { repository } = client;
      const documents = { root: repository.root, snapshot: repository.snapshot };
      (documents[role as "root" | "snapshot"] ?? repository.targets).version += 1;
      repository.publish("root", "targets");
      repository.publish("snapshot");
      // The lists say version 2, where the file with version 3 is served.
      if (role === "targets") {
        repository.snapshot.meta["targets.json"] = { version: 2 };
        repository.published.get("snapshot")?.pop();
        repository.snapshot.version -= 1;
        repository.publish("snapshot");
      }
      if (role === "snapshot") repository.timestamp.meta["snapshot.json"] = { version: 2 };
      repository.publish("timestamp");
      await client.init();
      assert.equal(await client.refresh(), 1);
      assert.deepEqual(await client.trusted(), trusted);
    });
  });
}

test("a timestamp that changed without a new version is left alone", async () => {
  await withClient(async (client) => {
    const { repository } = client;
    await client.init();
    await client.refresh();
    const before = await client.stored("timestamp.json");
    repository.timestamp.meta["snapshot.json"] = { version: 100 };
    repository.published.delete("timestamp");
    repository.publish("timestamp");
    assert.equal(await client.refresh(), 0);
    assert.equal(client.requests.at(-1), "timestamp.json");
    assert.deepEqual(await client.stored("timestamp.json"), before);
  });
});

test("hashes of metadata are checked", async () => {
  await withClient(async (client) => {
    const { repository } = client;
    repository.listsHashes = true;
    repository.publishAll();
    await client.init();
    assert.equal(await client.refresh(), 0);
    repository.publish("targets");
    Object.assign(repository.snapshot.meta["targets.json"] ?? {}, {
      hashes: { sha256: "46".repeat(32) },
    });
    repository.publish("snapshot", "timestamp");
    assert.equal(await client.refresh(), 1);
    const { snapshot, targets } = await client.trusted();
    assert.deepEqual({ snapshot, targets }, { snapshot: 3, targets: 2 });
  });
});

test("metadata is stored in the very bytes that came", async () => {
  await withClient(async (client) => {
    const spaced = Buffer.concat([client.repository.bytes("timestamp"), Buffer.from(" ")]);
    client.repository.published.set("timestamp", [spaced]);
    await client.init();
    assert.equal(await client.refresh(), 0);
    assert.deepEqual(await client.stored("timestamp.json"), spaced);
  });
});

test("unknown fields in the root, its keys and its roles are left alone", async () => {
  await withClient(async (client) => {
    const { repository } = client;
    await client.init();
    await client.refresh();
    repository.root["custom-field"] = "value";
    repository.addKey("root", renamed(makeKey(), { "extra-field": { a: "1" } }));
    Object.assign(repository.root.roles["root"] ?? {}, { "another-field": "value" });
    repository.publish("root");
    assert.equal(await client.refresh(), 0);
    assert.equal((await client.trusted())["root"], 2);
  });
});

test("a misleading keyid_hash_algorithms means nothing", async () => {
  await withClient(async (client) => {
    const { repository } = client;
    await client.init();
    repository.root.roles["snapshot"] = { keyids: [], threshold: 1 };
    repository.signers.set("snapshot", []);
    repository.addKey("snapshot", renamed(makeKey(), { keyid_hash_algorithms: "md5" }));
    repository.publish("root", "snapshot", "timestamp");
    assert.equal(await client.refresh(), 0);
    assert.equal((await client.trusted())["snapshot"], 2);
  });
});

test("a snapshot, targets or timestamp that is missing fails the refresh at that point", async () => {
  await withClient(async (client) => {
    const { repository } = client;
    await client.init();
    await client.refresh();
    repository.timestamp.meta["snapshot.json"] = { version: 2 };
    repository.publish("timestamp");
    assert.equal(await client.refresh(), 1);
    assert.equal(client.requests.at(-1), "2.snapshot.json");
    assert.deepEqual(await client.trusted(), { ...allAtOne, timestamp: 2 });

    repository.snapshot.meta["targets.json"] = { version: 2 };
    repository.publish("snapshot", "timestamp");
    assert.equal(await client.refresh(), 1);
    assert.equal(client.requests.at(-1), "2.targets.json");
    assert.deepEqual(await client.trusted(), { ...allAtOne, timestamp: 3, snapshot: 2 });

    repository.published.delete("timestamp");
    assert.equal(await client.refresh(), 1);
    assert.equal(client.requests.at(-1), "timestamp.json");
  });
});

test("a snapshot that pretends to be a timestamp is refused by its type", async () => {
  await withClient(async (client) => {
    const { repository } = client;
    await client.init();
    const [key] = repository.signers.get("timestamp") ?? [];
    if (key !== undefined) repository.addKey("snapshot", key);
    repository.snapshot.meta = { "snapshot.json": { version: 1 } };
    repository.publish("root", "snapshot");
    repository.published.get("timestamp")?.push(repository.bytes("snapshot"));
    assert.equal(await client.refresh(), 1);
    assert.deepEqual(await client.trusted(), { root: 2 });
  });
});

test("time that passes makes a root expire", async () => {
  await withClient(async (client) => {
    await client.init();
    client.repository.root.expires = utc(now + 7 * day);
    client.repository.publish("root");
    assert.equal(await client.refresh(), 0);
    assert.equal(await client.refresh(now + 8 * day), 1);
  });
});
