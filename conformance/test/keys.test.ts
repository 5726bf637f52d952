import assert from "node:assert/strict";
import { test } from "node:test";
import { makeKey, type TestKeyKind } from "../../packages/trust/test/support/test-key.ts";
import type { TestRepository } from "../../packages/trust/test/support/test-repository.ts";
import { withClient } from "./support/suite-client.ts";

/** One version of a role: which of ten keys it names, and which of them sign. */
interface Version {
  readonly keys: readonly number[];
  readonly threshold: number;
  readonly signers: readonly number[];
}

const keys = Array.from({ length: 10 }, (_, seed) => makeKey("ed25519", seed));

function v(named: string, threshold: number, signers: string): Version {
  return { keys: Array.from(named, Number), threshold, signers: Array.from(signers, Number) };
}

function assign(repository: TestRepository, role: string, version: Version): void {
  repository.root.roles[role] = { keyids: [], threshold: version.threshold };
  for (const at of version.keys) repository.addKey(role, keys[at]);
  repository.signers.set(
    role,
    version.signers.flatMap((at) => keys[at] ?? []),
  );
}

const acceptedRoots = {
  "1 of 1 rotates": [v("1", 1, "1"), v("2", 1, "21"), v("2", 1, "2")],
  "unused signatures do no harm": [v("1", 1, "314"), v("2", 1, "3214"), v("2", 1, "324")],
  "3 of 5 sign in any combination": [
    v("01234", 3, "024"),
    v("01234", 3, "041"),
    v("01234", 3, "013"),
    v("01234", 3, "013"),
  ],
  "3 of 5 exchange one key": [v("01234", 3, "024"), v("01345", 3, "041")],
  "3 of 5 exchange one key with a step between": [
    v("01234", 3, "024"),
    v("01345", 3, "0245"),
    v("01345", 3, "045"),
  ],
  "3 of 5 exchange all keys with a step between": [
    v("01234", 3, "024"),
    v("56789", 3, "024567"),
    v("56789", 3, "567"),
  ],
  "the threshold rises from 1 of 3 to 2": [v("123", 1, "1"), v("123", 2, "12")],
  "the threshold falls from 2 of 3 to 1": [v("123", 2, "12"), v("123", 1, "12"), v("123", 1, "1")],
  "the threshold rises with a new key": [v("1", 1, "1"), v("12", 2, "12")],
};

const refusedRoots = {
  "the old key did not sign": [v("1", 1, "1"), v("2", 1, "234")],
  "the new key did not sign": [v("1", 1, "1"), v("2", 1, "134")],
  "too few new keys signed": [v("01234", 3, "024"), v("01345", 3, "024")],
  "too few old keys signed": [v("01234", 3, "024"), v("01345", 3, "045")],
  "the raised threshold is not reached": [v("123", 1, "1"), v("123", 2, "2")],
  "the old threshold is not reached": [v("123", 2, "12"), v("123", 1, "1")],
};

for (const [isAccepted, cases] of [
  [true, acceptedRoots],
  [false, refusedRoots],
] as const) {
  for (const [name, versions] of Object.entries(cases)) {
    test(`root rotation, ${isAccepted ? "accepted" : "refused"}: ${name}`, async () => {
      await withClient(async (client) => {
        const { repository } = client;
        repository.published.delete("root");
        for (const version of versions) {
          assign(repository, "root", version);
          repository.publish("root");
        }
        await client.init();
        assert.equal(await client.refresh(), isAccepted ? 0 : 1);
        const expected = repository.bytes("root", versions.length - (isAccepted ? 0 : 1));
        assert.deepEqual(await client.stored("root.json"), expected);
      });
    });
  }
}

const otherRoles = {
  "1 of 1 rotates": [v("2", 1, "2"), true],
  "unused signatures do no harm": [v("1", 1, "314"), true],
  "the new key did not sign": [v("2", 1, "134"), false],
  "one of three signatures is by a key of before": [v("01345", 3, "024"), false],
  "one of three signatures is missing": [v("01345", 3, "04"), false],
  "3 of 5, combination 024": [v("01234", 3, "024"), true],
  "3 of 5, combination 041": [v("01234", 3, "041"), true],
  "3 of 5, combination 013": [v("01234", 3, "013"), true],
  "3 of 5, combination 123": [v("01234", 3, "123"), true],
  "3 of 5, combination 234": [v("01234", 3, "234"), true],
} as const;

for (const [name, [version, isAccepted]] of Object.entries(otherRoles)) {
  test(`rotation of the online roles, ${isAccepted ? "accepted" : "refused"}: ${name}`, async () => {
    await withClient(async (client) => {
      const { repository } = client;
      await client.init();
      for (const role of ["timestamp", "snapshot", "targets"]) {
        assign(repository, role, version);
        repository.publish("root", ...(role === "timestamp" ? [] : [role]));
        if (role === "targets") repository.publish("snapshot");
        repository.publish("timestamp");
        assert.equal(await client.refresh(), isAccepted ? 0 : 1);
        if (!isAccepted) continue;
        assert.deepEqual(await client.stored(`${role}.json`), repository.bytes(role));
      }
    });
  });
}

test("a snapshot with one signature too few is refused", async () => {
  await withClient(async (client) => {
    const { repository } = client;
    await client.init();
    for (let added = 0; added < 3; added++) repository.addKey("snapshot");
    Object.assign(repository.root.roles["snapshot"] ?? {}, { threshold: 3 });
    repository.publish("root", "snapshot", "timestamp");
    assert.equal(await client.refresh(), 0);
    Object.assign(repository.root.roles["snapshot"] ?? {}, { threshold: 4 });
    repository.signers.get("snapshot")?.pop();
    repository.publish("root", "snapshot", "timestamp");
    assert.equal(await client.refresh(), 1);
    const { root, snapshot } = await client.trusted();
    assert.deepEqual({ root, snapshot }, { root: 3, snapshot: 2 });
  });
});

test("one key counts once, however often it stands in the role", async () => {
  await withClient(async (client) => {
    const { repository } = client;
    await client.init();
    const key = repository.addKey("snapshot");
    const again = Array.from({ length: 8 }, () => key.keyid);
    repository.root.roles["snapshot"]?.keyids.push(...again);
    Object.assign(repository.root.roles["snapshot"] ?? {}, { threshold: 6 });
    repository.publish("root", "snapshot", "timestamp");
    assert.equal(await client.refresh(), 1);
    assert.equal((await client.trusted())["snapshot"], undefined);
  });
});

for (const kind of ["rsa", "ecdsa", "ed25519"] satisfies readonly TestKeyKind[]) {
  test(`a key of type ${kind} signs, and its wrong signature is refused`, async () => {
    await withClient(async (client) => {
      const { repository } = client;
      await client.init();
      const key = repository.addKey("root", makeKey(kind));
      Object.assign(repository.root.roles["root"] ?? {}, { threshold: 2 });
      repository.publish("root");
      assert.equal(await client.refresh(), 0);
      assert.equal((await client.trusted())["root"], 2);
      repository.publish("root");
      const spoiled = JSON.parse(Buffer.from(repository.bytes("root")).toString()) as {
        signatures: { keyid: string; sig: string }[];
      };
      for (const item of spoiled.signatures) {
        if (item.keyid === key.keyid) item.sig = key.sign(Buffer.from("something else"));
      }
      repository.published.get("root")?.splice(2, 1, Buffer.from(JSON.stringify(spoiled)));
      assert.equal(await client.refresh(), 1);
      assert.equal((await client.trusted())["root"], 2);
    });
  });
}
