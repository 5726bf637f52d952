import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { Lookup, limits, TargetCheck, type TargetFile, verifyTarget } from "@causeway/trust";
import { assertRefused } from "./support/refusal.ts";
import { TestClient } from "./support/test-client.ts";
import { makeKey } from "./support/test-key.ts";
import { day, now, TestRepository, utc } from "./support/test-repository.ts";

function publishRoles(repository: TestRepository): TestClient {
  const roles = [...repository.roles.keys()].filter((role) => role !== "targets");
  repository.publish(...roles);
  repository.publishAll();
  return new TestClient(repository);
}

test("the first role that vouches for a target wins", () => {
  const repository = new TestRepository();
  repository.delegate("targets", "first");
  repository.delegate("targets", "second");
  repository.addTarget("file", "of the second", "second");
  repository.addTarget("file", "first", "first");
  const client = publishRoles(repository);
  assert.equal(client.find("file")?.length, "first".length);
  assert.deepEqual(client.requests, ["1.first.json"]);
});

test("top-level targets win over every delegation", () => {
  const repository = new TestRepository();
  repository.delegate("targets", "a");
  repository.addTarget("file", "of the role", "a");
  repository.addTarget("file", "top");
  const client = publishRoles(repository);
  assert.equal(client.find("file")?.length, 3);
  assert.deepEqual(client.requests, []);
});

test("a role speaks for no path that a role above it does not give", () => {
  const repository = new TestRepository();
  repository.delegate("targets", "a", { paths: ["a/*"] });
  repository.delegate("a", "b", { paths: ["*/*"] });
  repository.addTarget("b/file", "content", "b");
  repository.addTarget("a/file", "content", "b");
  const client = publishRoles(repository);
  assert.equal(client.find("b/file"), undefined);
  assert.deepEqual(client.requests, []);
  assert.equal(client.find("a/file")?.length, 7);
});

test("a role that has metadata of a path, but no delegation for it, is not asked", () => {
  const repository = new TestRepository();
  repository.delegate("targets", "a", { paths: ["a/*"] });
  repository.addTarget("elsewhere", "content", "a");
  assert.equal(publishRoles(repository).find("elsewhere"), undefined);
});

test("one role may be trusted by one delegator and not by the other", () => {
  const repository = new TestRepository();
  repository.delegate("targets", "a", { paths: ["a/*"] });
  repository.delegate("targets", "b", { paths: ["b/*"] });
  repository.delegate("a", "shared", { paths: ["a/*"] });
  const sound = repository.signers.get("shared") ?? [];
  repository.signers.set("shared", [makeKey()]);
  repository.delegate("b", "shared", { paths: ["b/*"] });
  repository.signers.set("shared", sound);
  repository.addTarget("a/file", "content", "shared");
  repository.addTarget("b/file", "content", "shared");
  const client = publishRoles(repository);
  const set = client.refresh();
  const find = (path: string): TargetFile | undefined => {
    const lookup = new Lookup(set, path, now);
    while (lookup.want !== undefined) {
      lookup.offer(repository.fetch(`metadata/${lookup.want.path}`) ?? Buffer.from(""));
    }
    return lookup.found;
  };
  assert.equal(find("a/file")?.length, 7);
  assertRefused(() => find("b/file"), "TRUST_THRESHOLD", "shared");
});

test("path_hash_prefixes give what their digest begins with, and nothing else", () => {
  const digest = createHash("sha256").update("file").digest("hex");
  const other = digest.startsWith("0") ? "1" : "0";
  for (const [prefixes, isFound] of [
    [[digest.slice(0, 2)], true],
    [[other, digest.slice(0, 1)], true],
    [[digest], true],
    [[other], false],
    [[digest.slice(0, 4).toUpperCase().replace(/^\d+$/, "AA")], false],
    [[], false],
  ] as const) {
    const repository = new TestRepository();
    repository.delegate("targets", "a", { path_hash_prefixes: [...prefixes] });
    repository.addTarget("file", "content", "a");
    assert.equal(publishRoles(repository).find("file") !== undefined, isFound, prefixes.join(" "));
  }
});

for (const bits of [1, 2, 3, 4, 8]) {
  test(`2^${bits} succinct bins: each path has its one bin`, () => {
    const repository = new TestRepository();
    repository.delegateToBins("targets", bits, "bin");
    for (const path of ["a", "b/c", "ü", "x y"]) {
      const [first = 0] = createHash("sha256").update(path).digest();
      const suffix = (first >> (8 - bits)).toString(16).padStart(bits > 4 ? 2 : 1, "0");
      repository.addTarget(path, path, `bin-${suffix}`);
    }
    const client = publishRoles(repository);
    for (const path of ["a", "b/c", "ü", "x y"]) {
      assert.equal(client.find(path)?.path, path);
      assert.ok(client.requests.length <= 1);
    }
    assert.equal(client.find("missing"), undefined);
  });
}

test("a path in a bin that is not its own is not found", () => {
  const repository = new TestRepository();
  repository.delegateToBins("targets", 1, "bin");
  const [first = 0] = createHash("sha256").update("file").digest();
  repository.addTarget("file", "content", first < 128 ? "bin-1" : "bin-0");
  assert.equal(publishRoles(repository).find("file"), undefined);
});

test("an attacker's long chain of roles ends the search, and says so", () => {
  const repository = new TestRepository();
  let last = "targets";
  for (let depth = 0; depth < limits.rolesVisitedMax + 5; depth++) {
    repository.delegate(last, `role${depth}`);
    last = `role${depth}`;
  }
  repository.addTarget("file", "content", last);
  const client = publishRoles(repository);
  const lookup = new Lookup(client.refresh(), "file", now);
  let requests = 0;
  while (lookup.want !== undefined) {
    requests++;
    lookup.offer(repository.fetch(`metadata/${lookup.want.path}`) ?? Buffer.from(""));
  }
  assert.equal(requests, limits.rolesVisitedMax - 1);
  assert.deepEqual([lookup.found, lookup.fault?.code], [undefined, "TRUST_LIMIT"]);
});

test("a role that the snapshot does not list ends the search, and says so", () => {
  const repository = new TestRepository();
  repository.delegate("targets", "a");
  repository.publishAll();
  const lookup = new Lookup(new TestClient(repository).refresh(), "file", now);
  assert.deepEqual([lookup.want, lookup.found], [undefined, undefined]);
  assert.equal(lookup.fault?.code, "TRUST_MIXED");
});

test("what is refused leaves the lookup as it was, and another route may go on", () => {
  const repository = new TestRepository();
  repository.delegate("targets", "a");
  repository.addTarget("file", "content", "a");
  const client = publishRoles(repository);
  const sound = repository.bytes("a");
  repository.publish("a");
  const lookup = new Lookup(client.refresh(), "file", now);
  const { want } = lookup;
  assertRefused(() => lookup.offer(Buffer.from("")), "TRUST_MALFORMED", "a");
  assertRefused(() => lookup.offer(repository.bytes("a")), "TRUST_VERSION", "a");
  assertRefused(() => lookup.offer(repository.bytes("targets")), "TRUST_THRESHOLD", "a");
  assert.deepEqual(lookup.want, want);
  assert.deepEqual(lookup.offer(sound).write, [{ name: "a.json", bytes: sound }]);
  assert.equal(lookup.found?.length, 7);
});

test("a stored role that expired is fetched again", () => {
  const repository = new TestRepository();
  repository.delegate("targets", "a");
  repository.addTarget("file", "content", "a");
  repository.role("a").expires = utc(now + day);
  const client = publishRoles(repository);
  client.find("file");
  assertRefused(() => client.find("file", now + day), "TRUST_EXPIRED", "a");
  assert.deepEqual(client.requests, ["1.a.json"]);
});

test("custom data and every hash come with the target", () => {
  const repository = new TestRepository();
  repository.addTarget("dir/file", "content");
  const sha512 = createHash("sha512").update("content").digest("hex");
  Object.assign(repository.targets.targets["dir/file"]?.hashes ?? {}, { sha512 });
  Object.assign(repository.targets.targets["dir/file"] ?? {}, { custom: { a: [1] } });
  repository.publishAll();
  const found = new TestClient(repository).find("dir/file");
  assert.deepEqual(found?.custom, new Map([["a", [1]]]));
  const sha256 = createHash("sha256").update("content").digest("hex");
  assert.deepEqual(found?.locations, [`dir/${sha256}.file`, `dir/${sha512}.file`]);
});

test("a target with a hash of unknown kind is none, and the lookup says so", () => {
  const repository = new TestRepository();
  repository.addTarget("file", "content");
  Object.assign(repository.targets.targets["file"]?.hashes ?? {}, { blake3: "00".repeat(32) });
  repository.publishAll();
  const lookup = new Lookup(new TestClient(repository).refresh(), "file", now);
  assert.deepEqual([lookup.want, lookup.found], [undefined, undefined]);
  assert.equal(lookup.fault?.code, "TRUST_MALFORMED");
});

for (const [path, location] of [
  ["a b/c?d#e", "a%20b/<sha256>.c%3Fd%23e"],
  ["ü", "<sha256>.%C3%BC"],
  ["a%2Fb", "<sha256>.a%252Fb"],
  ["a/../b", undefined],
  ["..", undefined],
  ["./a", undefined],
  ["/a", undefined],
  ["a//b", undefined],
] as const) {
  test(`the target ${path} lies ${location === undefined ? "nowhere" : `at ${location}`}`, () => {
    const repository = new TestRepository();
    repository.addTarget(path, "content");
    repository.publishAll();
    const found = new TestClient(repository).find(path);
    const sha256 = createHash("sha256").update("content").digest("hex");
    const expected = location === undefined ? undefined : [location.replace("<sha256>", sha256)];
    assert.deepEqual(found?.locations, expected);
  });
}

const content = Buffer.from("the content of the target");
const target: TargetFile = {
  path: "file",
  length: content.length,
  hashes: new Map(
    ["sha256", "sha512"].map((name) => {
      return [name, createHash(name).update(content).digest("hex")];
    }),
  ),
  custom: undefined,
  locations: [],
};

test("whole bytes are checked for length and every hash", () => {
  verifyTarget(target, content);
  const wrong = [
    content.subarray(1),
    Buffer.concat([content, content]),
    Buffer.alloc(content.length),
  ];
  for (const bytes of wrong)
    assertRefused(() => verifyTarget(target, bytes), "TRUST_MISMATCH", "file");
  const hashes = new Map([...target.hashes, ["sha512", "00".repeat(64)]]);
  assertRefused(() => verifyTarget({ ...target, hashes }, content), "TRUST_MISMATCH");
});

test("bytes are checked as they come, and too many are refused at once", () => {
  const check = new TargetCheck(target);
  check.update(content.subarray(0, 5));
  check.update(content.subarray(5));
  assertRefused(() => check.update(content.subarray(0, 1)), "TRUST_MISMATCH", "file");
  const whole = new TargetCheck(target);
  for (const byte of content) whole.update(Uint8Array.of(byte));
  whole.finish();
  const short = new TargetCheck(target);
  short.update(content.subarray(1));
  assertRefused(() => short.finish(), "TRUST_MISMATCH", "file");
  const longer = new TargetCheck({ ...target, length: content.length + 1 });
  longer.update(content);
  assertRefused(() => longer.finish(), "TRUST_MISMATCH", "file");
  const other = new TargetCheck(target);
  other.update(Buffer.alloc(content.length));
  assertRefused(() => other.finish(), "TRUST_MISMATCH", "file");
});

test("after a terminating delegation nobody else speaks for the path", () => {
  const repository = new TestRepository();
  repository.delegate("targets", "outer");
  repository.delegate("targets", "ahead");
  repository.delegate("outer", "last", { paths: ["*"], terminating: true });
  repository.delegate("outer", "sibling");
  for (const role of ["sibling", "ahead"]) repository.addTarget("file", role, role);
  const client = publishRoles(repository);
  assert.equal(client.find("file"), undefined);
  assert.deepEqual(client.requests, ["1.outer.json", "1.last.json"]);
});

test("a terminating delegation of other paths ends nothing", () => {
  const repository = new TestRepository();
  repository.delegate("targets", "other", { paths: ["other"], terminating: true });
  repository.delegate("targets", "next");
  repository.addTarget("file", "found", "next");
  assert.equal(publishRoles(repository).find("file")?.length, 5);
});

test("roles that delegate to each other are visited once", () => {
  const repository = new TestRepository();
  repository.delegate("targets", "a");
  repository.delegate("a", "b");
  repository.delegate("b", "a");
  repository.delegate("targets", "c");
  repository.addTarget("file", "found", "c");
  const client = publishRoles(repository);
  assert.equal(client.find("file")?.length, 5);
  assert.deepEqual(client.requests, ["1.a.json", "1.b.json", "1.c.json"]);
});

const longPath = Array.from({ length: 3 }, () => "a".repeat(150)).join("/");
// Each star may stand for anything up to the last letter, which is never there.
const slow = Array.from({ length: 3 }, () => `*${"a".repeat(75)}b`).join("/");

test("patterns that are made to be slow end a lookup by counting, not by the clock", () => {
  const repository = new TestRepository();
  // Together they are too much, each for itself is not.
  for (const name of ["a", "b", "c"]) {
    repository.delegate("targets", name, { paths: Array.from({ length: 1_500 }, () => slow) });
  }
  const { fault, found } = publishRoles(repository).search(longPath);
  assert.equal(fault?.code, "TRUST_LIMIT");
  assert.equal(found, undefined);
});

test("as many honest patterns as one role may have are within the bound", () => {
  const repository = new TestRepository();
  const paths = Array.from({ length: limits.pathsMax - 1 }, (_, at) => `patches/product-${at}/*/*`);
  repository.delegate("targets", "a", { paths: [...paths, "patches/*/*/*"] });
  repository.addTarget("patches/reader/1.0/file", "content", "a");
  assert.equal(publishRoles(repository).find("patches/reader/1.0/file")?.length, 7);
});
