import assert from "node:assert/strict";
import { test } from "node:test";
import { TrustedSet } from "@causeway/trust";
import { assertRefused } from "./support/refusal.ts";
import { TestClient } from "./support/test-client.ts";
import { makeKey } from "./support/test-key.ts";
import {
  now,
  type RootDocument,
  type TargetsDocument,
  TestRepository,
} from "./support/test-repository.ts";

type Change = (repository: TestRepository) => void;

/** A change of a root that makes it no root. */
function rootCase(change: (root: RootDocument) => void): Change {
  return ({ root }) => change(root);
}

function targetsCase(change: (targets: TargetsDocument) => void): Change {
  return ({ targets }) => change(targets);
}

const wrongRoots: Record<string, Change> = {
  "without a role": rootCase((root) => delete root.roles["snapshot"]),
  "with a fifth role": rootCase((root) => {
    root.roles["mirrors"] = { keyids: [], threshold: 1 };
  }),
  "with a threshold of 0": rootCase((root) => {
    root.roles["root"] = { keyids: [], threshold: 0 };
  }),
  "with a keyid twice": rootCase((root) => {
    const role = root.roles["timestamp"];
    role?.keyids.push(...role.keyids);
  }),
  "with a key that is none": rootCase((root) => Object.assign(root.keys, { key: "text" })),
  "with a key without a scheme": rootCase((root) => {
    Object.assign(root.keys, { key: { keytype: "ed25519", keyval: { public: "" } } });
  }),
  "of another type": rootCase((root) => Object.assign(root, { _type: "targets" })),
  "with a consistent_snapshot that is no boolean": rootCase((root) => {
    Object.assign(root, { consistent_snapshot: "false" });
  }),
};

for (const version of ["2.0.0", "0.9", "1", "1.x", "1.0.0.0", "10.0", ""]) {
  wrongRoots[`of specification version "${version}"`] = rootCase((root) => {
    root.spec_version = version;
  });
}

for (const version of [0, -1]) {
  wrongRoots[`of version ${version}`] = rootCase((root) => {
    root.version = version - 1; // publishing adds one
  });
}

for (const expires of ["2030-02-30T00:00:00Z", "2040-01-01", "2040-01-01T00:00:00.5Z", "never"]) {
  wrongRoots[`that expires on ${expires}`] = rootCase((root) => {
    root.expires = expires;
  });
}

for (const [name, change] of Object.entries(wrongRoots)) {
  test(`a root is malformed: ${name}`, () => {
    const repository = new TestRepository();
    change(repository);
    repository.publish("root");
    assertRefused(() => new TestClient(repository).refresh(), "TRUST_MALFORMED");
  });
}

for (const version of ["1.0", "1.0.0", "1.0.34", "1.99.1"]) {
  test(`metadata of specification version ${version} is read`, () => {
    const repository = new TestRepository();
    repository.root.spec_version = version;
    repository.publish("root");
    assert.equal(new TestClient(repository).refresh().root.version, 2);
  });
}

const sha256 = "00".repeat(32);
const wrongTargets: Record<string, Change> = {
  "a target without hashes": targetsCase(({ targets }) => {
    targets["a"] = { length: 1, hashes: {} };
  }),
  "a target without a hashes object": targetsCase(({ targets }) => {
    Object.assign(targets, { a: { length: 1 } });
  }),
  "a target without a length": targetsCase(({ targets }) => {
    Object.assign(targets, { a: { hashes: { sha256 } } });
  }),
  "a negative length": targetsCase(({ targets }) => {
    targets["a"] = { length: -1, hashes: { sha256 } };
  }),
  "a hash in upper case": targetsCase(({ targets }) => {
    targets["a"] = { length: 1, hashes: { sha256: "AB".repeat(32) } };
  }),
  "a hash that leads elsewhere": targetsCase(({ targets }) => {
    targets["a"] = { length: 1, hashes: { sha256: "../../x" } };
  }),
  "custom that is no object": targetsCase(({ targets }) => {
    targets["a"] = { length: 1, hashes: { sha256 }, custom: [1] };
  }),
  "targets that are an array": targetsCase((document) => Object.assign(document, { targets: [] })),
  "delegations without keys": targetsCase((document) => {
    Object.assign(document, { delegations: { roles: [] } });
  }),
  "delegations to nobody": targetsCase((document) => {
    document.delegations = { keys: {} };
  }),
  "roles and succinct roles": targetsCase((document) => {
    const bins = { keyids: [], threshold: 1, bit_length: 8, name_prefix: "bin" };
    document.delegations = { keys: {}, roles: [], succinct_roles: bins };
  }),
  "a role that is delegated to twice": (repository) => {
    repository.delegate("targets", "a");
    repository.delegate("targets", "a");
  },
  "paths and path_hash_prefixes": (repository) => {
    repository.delegate("targets", "a", { paths: [], path_hash_prefixes: [] });
  },
  "neither paths nor path_hash_prefixes": (repository) => repository.delegate("targets", "a", {}),
  "a pattern that is too long": (repository) => {
    repository.delegate("targets", "a", { paths: ["*".repeat(1025)] });
  },
  "terminating that is no boolean": (repository) => {
    repository.delegate("targets", "a", { terminating: 1 as unknown as boolean, paths: [] });
  },
  "a role without a name": (repository) => repository.delegate("targets", "", { paths: [] }),
};

for (const name of ["root", "timestamp", "snapshot", "targets"]) {
  wrongTargets[`a delegation to ${name}`] = (repository) => {
    repository.delegate("targets", name, { paths: ["*"] });
  };
}

for (const bits of [0, 33]) {
  wrongTargets[`succinct roles of ${bits} bits`] = targetsCase((document) => {
    const bins = { keyids: [], threshold: 1, bit_length: bits, name_prefix: "bin" };
    document.delegations = { keys: {}, succinct_roles: bins };
  });
}

for (const [name, change] of Object.entries(wrongTargets)) {
  test(`targets are malformed: ${name}`, () => {
    const repository = new TestRepository();
    change(repository);
    repository.publish("targets");
    repository.publish("snapshot", "timestamp");
    assertRefused(() => new TestClient(repository).refresh(), "TRUST_MALFORMED");
  });
}

const nothingLikeIt = [
  "",
  "null",
  "[]",
  "{}",
  '{"signed":{},"signatures":[]}',
  "{",
  "\ufeff{}",
  "1e400",
];

for (const text of nothingLikeIt) {
  test(`bytes that are no document are malformed: ${text}`, () => {
    const bytes = Buffer.from(text);
    assertRefused(() => TrustedSet.open(bytes, new Map(), now), "TRUST_MALFORMED");
    const client = new TestClient(new TestRepository());
    client.use((path) => (path.endsWith("timestamp.json") ? bytes : undefined));
    assertRefused(() => client.refresh(), "TRUST_MALFORMED");
  });
}

test("a timestamp that lists more than the snapshot is malformed", () => {
  const repository = new TestRepository();
  repository.timestamp.meta["targets.json"] = { version: 1 };
  repository.publish("timestamp");
  assertRefused(() => new TestClient(repository).refresh(), "TRUST_MALFORMED");
});

test("two signatures under one keyid are refused, as the specification demands", () => {
  const repository = new TestRepository();
  const keys = repository.signers.get("timestamp") ?? [];
  repository.signers.set("timestamp", [...keys, ...keys]);
  repository.publish("timestamp");
  assertRefused(() => new TestClient(repository).refresh(), "TRUST_MALFORMED", "timestamp");
});

test("a million signatures are refused quickly", () => {
  const { firstRoot } = new TestRepository();
  const { signed } = JSON.parse(firstRoot.toString()) as { signed: unknown };
  const signatures = Array.from({ length: 1_000_000 }, (_, at) => ({ keyid: `${at}`, sig: "" }));
  const many = Buffer.from(JSON.stringify({ signatures, signed }));
  const fitting = { signatures: signatures.slice(0, 10_000), signed };
  const started = process.hrtime.bigint();
  assertRefused(() => TrustedSet.open(many, new Map(), now), "TRUST_LIMIT");
  const bytes = Buffer.from(JSON.stringify(fitting));
  assertRefused(() => TrustedSet.open(bytes, new Map(), now), "TRUST_MALFORMED");
  assert.ok(process.hrtime.bigint() - started < 3_000_000_000n);
});

test("names that JavaScript objects know by heart are names like any other", () => {
  const repository = new TestRepository();
  for (const name of ["constructor", "__proto__", "toString"]) {
    Object.defineProperty(repository.root.keys, name, {
      value: makeKey().document,
      enumerable: true,
    });
  }
  repository.publish("root");
  repository.delegate("targets", "__proto__");
  repository.addTarget("constructor", "content", "__proto__");
  repository.publish("__proto__", "targets");
  Object.defineProperty(repository.snapshot.meta, "__proto__.json", {
    value: { version: 1 },
    enumerable: true,
  });
  repository.publish("snapshot", "timestamp");
  const client = new TestClient(repository);
  assert.equal(client.find("toString"), undefined);
  assert.equal(client.find("constructor")?.length, 7);
});
