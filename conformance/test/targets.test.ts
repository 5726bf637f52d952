import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { DelegatedRoleDocument } from "../../packages/trust/test/support/test-repository.ts";
import { type SuiteClient, withClient } from "./support/suite-client.ts";

type Step = readonly [string, string, Partial<DelegatedRoleDocument>?];
const terminating = { terminating: true, paths: ["*"] };
const python = { paths: ["*.py"] };

const graphs: Readonly<Record<string, readonly [readonly Step[], string]>> = {
  "one delegation": [[["targets", "A"]], "A"],
  "two in order": [
    [
      ["targets", "A"],
      ["targets", "B"],
    ],
    "AB",
  ],
  "two levels": [
    [
      ["targets", "A"],
      ["targets", "B"],
      ["B", "C"],
    ],
    "ABC",
  ],
  "depth before breadth": [
    [
      ["targets", "A"],
      ["targets", "B"],
      ["A", "C"],
      ["A", "D"],
    ],
    "ACDB",
  ],
  "depth before breadth, three levels": [
    [
      ["targets", "A"],
      ["targets", "B"],
      ["A", "C"],
      ["C", "D"],
    ],
    "ACDB",
  ],
  "a terminating role ends the search": [
    [
      ["targets", "A"],
      ["targets", "B"],
      ["A", "C", terminating],
      ["A", "D"],
    ],
    "AC",
  ],
  "a terminating role's own delegations are followed": [
    [
      ["targets", "A"],
      ["targets", "B"],
      ["A", "C", terminating],
      ["C", "D"],
    ],
    "ACD",
  ],
  "a role of other paths is passed over": [
    [
      ["targets", "A", python],
      ["targets", "B"],
      ["A", "C"],
    ],
    "B",
  ],
  "a role of other paths two levels down is passed over": [
    [
      ["targets", "A"],
      ["targets", "B"],
      ["A", "C", python],
      ["C", "D"],
    ],
    "AB",
  ],
  "a cycle ends": [
    [
      ["targets", "A"],
      ["targets", "B"],
      ["B", "C"],
      ["C", "D"],
      ["D", "B"],
    ],
    "ABCD",
  ],
  "a role of two delegators is visited once": [
    [
      ["targets", "A"],
      ["targets", "B"],
      ["B", "C"],
      ["A", "C"],
    ],
    "ACB",
  ],
  "a role of two delegators is visited through the one whose paths match": [
    [
      ["targets", "A"],
      ["targets", "B"],
      ["B", "C"],
      ["A", "C", python],
    ],
    "ABC",
  ],
};

function delegate({ repository }: SuiteClient, steps: readonly Step[]): void {
  for (const [delegator, name, change] of steps) repository.delegate(delegator, name, change);
  repository.publish(...new Set(steps.map(([, name]) => name)));
  repository.publishAll();
}

for (const [name, [steps, order]] of Object.entries(graphs)) {
  test(`delegations: ${name}`, async () => {
    await withClient(async (client) => {
      delegate(client, steps);
      await client.init();
      assert.equal(await client.download("missingpath"), 1);
      assert.deepEqual(
        client.requests.slice(4),
        Array.from(order, (role) => `1.${role}.json`),
      );
    });
  });
}

const searches = [
  { path: "targetfile", order: "", isFound: true },
  { path: "README.md", order: "A", isFound: true },
  { path: "releases/x/x_v1", order: "BC", isFound: true },
  { path: "releases/y/y_v1.zip", order: "BD", isFound: true },
  { path: "releases/z/z_v1.zip", order: "B", isFound: false },
];

for (const { path, order, isFound } of searches) {
  test(`the search for ${path} visits ${order || "no delegated role"}`, async () => {
    await withClient(async (client) => {
      const { repository } = client;
      repository.addTarget("targetfile", "targetfile");
      delegate(client, [
        ["targets", "A", { paths: ["*.doc", "*.md"] }],
        ["targets", "B", { paths: ["releases/*/*"] }],
        ["B", "C", { paths: ["releases/x/*"] }],
        ["B", "D", { paths: ["releases/y/*.zip"] }],
      ]);
      repository.addTarget("README.md", "README.md", "A");
      repository.addTarget("releases/x/x_v1", "releases/x/x_v1", "C");
      repository.addTarget("releases/y/y_v1.zip", "releases/y/y_v1.zip", "D");
      repository.addTarget("releases/z/z_v1.zip", "releases/z/z_v1.zip", "D");
      for (const role of ["A", "B", "C", "D"]) {
        repository.published.delete(role);
        repository.publish(role);
      }
      repository.publish("snapshot", "timestamp");
      await client.init();
      assert.equal(await client.download(path), isFound ? 0 : 1);
      assert.deepEqual(await client.downloaded(), isFound ? [path] : []);
      assert.deepEqual(
        client.requests.slice(4),
        Array.from(order, (role) => `1.${role}.json`),
      );
    });
  });
}

for (const name of ["?", "#", "/delegatedrole", "../delegatedrole"]) {
  test(`a role called ${name} is asked for quoted, and stored in the folder`, async () => {
    await withClient(async (client) => {
      delegate(client, [["targets", name]]);
      await client.init();
      assert.equal(await client.download("nonexistent target"), 1);
      assert.ok(client.requests.includes(`1.${encodeURIComponent(name)}.json`));
      assert.equal(Object.keys(await client.trusted()).length, 5);
    });
  });
}

test("targets are found in succinct bins", async () => {
  await withClient(async (client) => {
    const { repository } = client;
    repository.delegateToBins("targets", 5, "bin");
    const digest = createHash("sha256").update("a/b").digest();
    const bin = `bin-${((digest[0] ?? 0) >> 3).toString(16).padStart(2, "0")}`;
    repository.addTarget("a/b", "content", bin);
    repository.publish(...[...repository.roles.keys()].filter((role) => role !== "targets"));
    repository.publishAll();
    await client.init();
    assert.equal(await client.download("a/b"), 0);
    assert.deepEqual(client.requests.slice(4), [`1.${bin}.json`]);
  });
});

test("without consistent snapshots nothing has a prefix", async () => {
  await withClient(async (client) => {
    const { repository } = client;
    repository.root.consistent_snapshot = false;
    repository.publish("root");
    repository.addTarget("a/b", "content");
    repository.publishAll();
    await client.init();
    assert.equal(await client.download("a/b"), 0);
    assert.deepEqual(client.requests.slice(2), ["timestamp.json", "snapshot.json", "targets.json"]);
    assert.deepEqual(client.targetRequests, ["a/b"]);
  });
});

test("a file that was downloaded is replaced by the next signed one, and by nothing else", async () => {
  await withClient(async (client) => {
    const { repository } = client;
    repository.addTarget("file", "first");
    repository.addTarget("other", "other");
    repository.publishAll();
    await client.init();
    assert.equal(await client.download("file"), 0);
    assert.equal(await client.download("file"), 0);
    assert.equal(client.targetRequests.length, 1);
    for (const path of ["file", "other"]) repository.artifacts.set(path, Buffer.from("malicious"));
    await client.download("file");
    assert.equal(await client.download("other"), 1);
    assert.deepEqual(await client.downloaded(), ["first"]);
    repository.addTarget("file", "second");
    repository.publishAll();
    assert.equal(await client.download("file"), 0);
    assert.deepEqual(await client.downloaded(), ["second"]);
    repository.artifacts.set("file", Buffer.from("longer than the second"));
    repository.publishAll();
    await client.download("file");
    assert.deepEqual(await client.downloaded(), ["second"]);
  });
});

for (const algorithms of [["sha256"], ["sha512"], ["sha256", "sha512"]]) {
  test(`a target with ${algorithms.join(" and ")} is downloaded under one of its hashes`, async () => {
    await withClient(async (client) => {
      const { repository } = client;
      repository.addTarget("file", "content");
      const hashes = Object.fromEntries(
        algorithms.map((name) => [name, createHash(name).update("content").digest("hex")]),
      );
      repository.targets.targets["file"] = { length: 7, hashes };
      repository.publishAll();
      await client.init();
      assert.equal(await client.download("file"), 0);
      assert.equal(client.targetRequests.length, 1);
      const [hash = ""] = (client.targetRequests[0] ?? "").split(".");
      assert.ok(Object.values(hashes).includes(hash));
      assert.deepEqual(await client.downloaded(), ["content"]);
    });
  });
}

test("a target that has only a hash of unknown kind is refused", async () => {
  await withClient(async (client) => {
    const { repository } = client;
    repository.addTarget("file", "content");
    const digest = createHash("sha512").update("content").digest("hex");
    repository.targets.targets["file"] = { length: 7, hashes: { "unknown-hash": digest } };
    repository.publishAll();
    await client.init();
    assert.equal(await client.download("file"), 1);
    assert.deepEqual(await client.downloaded(), []);
  });
});
