import assert from "node:assert/strict";
import { test } from "node:test";
import { Refresh, RoleWalk, TrustedSet } from "@causeway/trust";
import { assertRefused } from "./support/refusal.ts";
import { day, now, TestRepository, utc } from "./support/test-repository.ts";

function refreshed(repository: TestRepository): TrustedSet {
  const refresh = new Refresh(TrustedSet.open(repository.firstRoot, new Map(), now), now);
  for (let { want } = refresh; want !== undefined; want = refresh.want) {
    const bytes = repository.fetch(`metadata/${want.path}`);
    if (bytes === undefined) refresh.absent();
    else refresh.offer(bytes);
  }
  return refresh.set;
}

/** Walks to the end. @returns what was asked for */
function walked(walk: RoleWalk, repository: TestRepository): readonly string[] {
  const asked: string[] = [];
  for (let { want } = walk; want !== undefined; want = walk.want) {
    asked.push(want.path);
    walk.offer(repository.fetch(`metadata/${want.path}`) ?? new Uint8Array());
  }
  return asked;
}

test("a walk meets every role that is delegated to and in the snapshot, each once", () => {
  const repository = new TestRepository();
  repository.delegate("targets", "patches");
  repository.delegate("targets", "routes");
  repository.delegateToBins("patches", 2, "bin");
  repository.delegate("routes", "patches");
  repository.delegate("routes", "unsigned");
  const bins = ["bin-0", "bin-1", "bin-2", "bin-3"];
  repository.publish("patches", "routes", ...bins, "targets", "snapshot", "timestamp");
  const walk = new RoleWalk(refreshed(repository));
  const files = walked(walk, repository);
  const expected = ["patches", ...bins, "routes"].map((role) => `1.${role}.json`);
  assert.deepEqual(files, expected);
  assert.deepEqual([...walk.roles.keys()], ["targets", "patches", ...bins, "routes"]);
});

test("who may sign a less trusted role cannot name other keys for a more trusted one's", () => {
  const repository = new TestRepository();
  repository.delegate("targets", "patches");
  repository.delegate("targets", "routes");
  repository.delegateToBins("patches", 1, "bin");
  const [key] = repository.signers.get("bin-0") ?? [];
  repository.signers.delete("bin-0");
  repository.delegate("routes", "bin-0");
  repository.signers.set("bin-0", key === undefined ? [] : [key]);
  repository.publish("patches", "routes", "bin-0", "bin-1", "targets", "snapshot", "timestamp");
  const walk = new RoleWalk(refreshed(repository));
  walked(walk, repository);
  assert.ok(walk.roles.has("bin-0"));
});

test("what is not signed by the role's keys is refused, and changes nothing", () => {
  const repository = new TestRepository();
  repository.delegate("targets", "patches");
  repository.publish("patches", "targets", "snapshot", "timestamp");
  const walk = new RoleWalk(refreshed(repository));
  const forged = repository.sign(repository.role("patches"), []);
  assertRefused(() => walk.offer(forged), "TRUST_THRESHOLD");
  assert.equal(walk.want?.role, "patches");
});

test("a role that has expired is carried all the same", () => {
  const repository = new TestRepository();
  repository.delegate("targets", "routes");
  repository.role("routes").expires = utc(now - day);
  repository.publish("routes", "targets", "snapshot", "timestamp");
  const walk = new RoleWalk(refreshed(repository));
  assert.deepEqual(walked(walk, repository), ["1.routes.json"]);
});

test("a role whose name is no file's is passed over", () => {
  const repository = new TestRepository();
  for (const name of ["../x", "a b", "x".repeat(201)]) repository.delegate("targets", name);
  repository.publish("../x", "a b", "x".repeat(201), "targets", "snapshot", "timestamp");
  assert.equal(new RoleWalk(refreshed(repository)).want, undefined);
});
