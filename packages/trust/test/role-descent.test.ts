import assert from "node:assert/strict";
import { test } from "node:test";
import { Refresh, RoleDescent } from "../src/index.ts";
import { TrustedSet } from "../src/trusted-set.ts";
import { now, TestRepository } from "./support/test-repository.ts";

const like = "patches/a";

/** `other` speaks for nothing alike; of the bins of `patches` one has a target. */
function refreshed(): { readonly repository: TestRepository; readonly set: TrustedSet } {
  const repository = new TestRepository();
  repository.delegate("targets", "other", { paths: ["products/*"] });
  repository.delegate("targets", "patches", { paths: ["patches/*"] });
  repository.delegateToBins("patches", 2, "bin");
  repository.publish("bin-0", "bin-1", "bin-2", "bin-3", "patches", "other");
  repository.publishAll();
  const refresh = new Refresh(TrustedSet.open(repository.firstRoot, new Map(), now), now);
  for (let { want } = refresh; want !== undefined; want = refresh.want) {
    const bytes = repository.fetch(`metadata/${want.path}`);
    if (bytes === undefined) refresh.absent();
    else refresh.offer(bytes);
  }
  return { repository, set: refresh.set };
}

/** The roles on the way, when the lot is this share of what is drawn among. */
function waysAt(share: number, lengthOf: (role: string) => number | undefined): string[] {
  const { repository, set } = refreshed();
  const random = { uint32: () => Math.floor(share * 2 ** 32) };
  const descent = new RoleDescent(set, like, random, lengthOf);
  const roles: string[] = [];
  for (let { want } = descent; want !== undefined; want = descent.want) {
    roles.push(want.role);
    const bytes = repository.fetch(`metadata/${want.path}`);
    assert.ok(bytes);
    descent.offer(bytes);
  }
  return roles;
}

test("a descent goes down roles that may speak for the path, the long ones more often", () => {
  const long = (role: string): number => (role === "bin-2" ? 1_000 : 100);
  assert.deepEqual(waysAt(0, long), ["patches", "bin-0"]);
  for (const share of [0.1, 0.5, 0.99]) assert.deepEqual(waysAt(share, long), ["patches", "bin-2"]);
  assert.deepEqual(waysAt(0.999, long), ["patches", "bin-3"]);
  const alike = (): number => 7;
  assert.deepEqual(waysAt(0.6, alike), ["patches", "bin-2"]);
});

test("what is not to be drawn is not asked for", () => {
  const known = (role: string): number | undefined => (role === "bin-0" ? undefined : 1);
  assert.deepEqual(waysAt(0, known), ["patches", "bin-1"]);
  assert.deepEqual(
    waysAt(0, () => undefined),
    [],
  );
});
