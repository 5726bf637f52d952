import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { makeKey } from "../../../trust/test/support/test-key.ts";
import type { LogEntry } from "../../src/log.ts";
import { noPolicy } from "../../src/policy/policy.ts";
import { followPolicy } from "../../src/policy/policy-follower.ts";
import { PolicyKeeper } from "../../src/policy/policy-keeper.ts";
import { Operators, replace } from "../support/operators.ts";
import { eventually, sleep } from "../support/origin.ts";
import { inSeconds } from "../support/policy.ts";
import { TestRepository } from "../support/repository.ts";

interface Followed {
  readonly file: string;
  readonly tree: TestRepository;
  readonly operators: Operators;
  readonly logged: LogEntry[];
  /** Follows the file anew, as an origin does that is started again. */
  readonly start: (clocks?: Clocks) => Promise<PolicyKeeper>;
}

interface Clocks {
  readonly now: () => number;
  readonly steady: () => number;
}

async function followed(t: TestContext): Promise<Followed> {
  const folder = await mkdtemp(join(tmpdir(), "causeway-policy-"));
  const tree = new TestRepository();
  const logged: LogEntry[] = [];
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
    tree.remove();
  });
  const file = join(folder, "policy.json");
  const start = async (clocks?: Clocks): Promise<PolicyKeeper> => {
    const keeper = new PolicyKeeper(clocks?.now, clocks?.steady);
    const log = (entry: LogEntry): number => logged.push(entry);
    const follower = followPolicy({ file, tree: tree.tree, keeper, log, ...clocks });
    t.after(() => follower.stop());
    await follower.start();
    return keeper;
  };
  return { file, tree, operators: new Operators(tree), logged, start };
}

function retiring(...hosts: readonly string[]): { retired: object[] } {
  return { retired: hosts.map((host) => ({ host, until: inSeconds(3_000) })) };
}

function retiredIn({ inForce }: PolicyKeeper): readonly string[] {
  return inForce.retired.map(({ host }) => host);
}

test("a policy that comes later is in force, and so is each newer one", async (t) => {
  const { file, operators, logged, start } = await followed(t);
  const keeper = await start();
  assert.deepEqual([retiredIn(keeper), logged.length], [[], 0], "having none is no mistake");
  replace(file, operators.sign({ version: 3, policy: retiring("a.example") }));
  await eventually("the first is in force", () => retiredIn(keeper).join() === "a.example");
  replace(file, operators.sign({ version: 4, policy: retiring("b.example") }));
  await eventually("the next is", () => retiredIn(keeper).join() === "b.example");
  assert.deepEqual(
    logged.map(({ event, fields }) => [event, fields["version"]]),
    [
      ["policy-taken", 3],
      ["policy-taken", 4],
    ],
  );
  rmSync(file);
  const again = await start();
  assert.deepEqual(retiredIn(again), []);
});

test("what is junk, too long, or signed by others is refused, and the last good one stays", async (t) => {
  const { file, operators, logged, start } = await followed(t);
  replace(file, operators.sign({ version: 3, policy: retiring("a.example") }));
  const keeper = await start();
  const policy = retiring("b.example");
  const forged = operators.sign({ version: 4, policy });
  const wrong: readonly (readonly [string, string | Uint8Array])[] = [
    ["TRUST_MALFORMED", "{"],
    ["TRUST_MALFORMED", ""],
    ["TRUST_LIMIT", " ".repeat(70_000)],
    ["TRUST_THRESHOLD", Buffer.from(forged).toString().replace("b.example", "c.example")],
    ["TRUST_THRESHOLD", operators.sign({ version: 4, policy }, [makeKey()])],
    ["TRUST_THRESHOLD", operators.sign({ version: 4, policy }, operators.keys("patches"))],
    ["TRUST_THRESHOLD", operators.sign({ version: 4, policy }, operators.keys("timestamp"))],
    ["TRUST_MALFORMED", operators.signed.bytes("targets")],
    ["TRUST_MALFORMED", operators.sign({ version: 4, policy, type: "targets" })],
    ["TRUST_MALFORMED", operators.sign({ version: 4, policy: { retried: [] } })],
    ["TRUST_MALFORMED", operators.sign({ version: 4, policy, extra: { polixy: 1 } })],
  ];
  for (const [at, [code, bytes]] of wrong.entries()) {
    replace(file, bytes);
    await eventually(`${at}: it is refused`, () => keeper.refused === at + 1);
    assert.equal(logged.at(-1)?.event, "policy-refused");
    assert.equal(logged.at(-1)?.fields["code"], code, String(logged.at(-1)?.fields["message"]));
    assert.deepEqual(retiredIn(keeper), ["a.example"]);
  }
  assert.equal(keeper.file?.version, 3);
});

test("an older policy is never taken again, also after a restart", async (t) => {
  const { file, operators, logged, start } = await followed(t);
  const old = operators.sign({ version: 3, policy: retiring("old.example") });
  replace(file, operators.sign({ version: 5, policy: retiring("new.example") }));
  const keeper = await start();
  assert.deepEqual(retiredIn(keeper), ["new.example"]);
  assert.deepEqual(JSON.parse(readFileSync(`${file}.seen`, "utf8")), {
    version: 5,
    keys: operators.keys().map(({ keyid }) => keyid),
  });
  replace(file, old);
  await eventually("it is refused", () => keeper.refused === 1);
  assert.equal(logged.at(-1)?.fields["code"], "TRUST_ROLLBACK");
  assert.deepEqual(retiredIn(keeper), ["new.example"]);

  const again = await start();
  assert.deepEqual([retiredIn(again), again.refused], [[], 1]);
  replace(file, operators.sign({ version: 5, policy: retiring("new.example") }));
  await eventually("the newest is taken again", () => retiredIn(again).join() === "new.example");
});

test("a record of versions that is damaged is told of, and keeps no policy out", async (t) => {
  const { file, operators, logged, start } = await followed(t);
  writeFileSync(`${file}.seen`, "{");
  replace(file, operators.sign({ version: 3, policy: retiring("a.example") }));
  const keeper = await start();
  assert.deepEqual([retiredIn(keeper), keeper.refused], [["a.example"], 0]);
  assert.equal(logged[0]?.event, "policy-version-unread");
  assert.match(String(logged[0]?.fields["message"]), /\.seen/);
  assert.match(readFileSync(`${file}.seen`, "utf8"), /"version":3,/);
});

test("nothing of a policy is in force after it has expired", async (t) => {
  const { file, operators, start } = await followed(t);
  const policy = {
    ...retiring("a.example"),
    draining: { refusesFrom: inSeconds(-9), until: inSeconds(999) },
  };
  replace(file, operators.sign({ version: 3, policy, expires: inSeconds(-1) }));
  const keeper = await start();
  assert.deepEqual([keeper.inForce, keeper.file?.version], [noPolicy, 3]);
  const expires = inSeconds(500);
  replace(file, operators.sign({ version: 4, policy, expires }));
  await eventually("the next is in force", () => keeper.inForce.retired.length === 1);
  assert.equal(keeper.inForce.retired[0]?.until, Date.parse(expires));
  assert.equal(keeper.inForce.draining?.until, Date.parse(expires));
});

test("keys that a newer policy does not revoke any more are told", async (t) => {
  const { file, operators, logged, start } = await followed(t);
  replace(file, operators.sign({ version: 3, policy: { revokedKeys: ["0a1b", "2c3d"] } }));
  const keeper = await start();
  replace(file, operators.sign({ version: 4, policy: { revokedKeys: ["2c3d"] } }));
  await eventually("the next is in force", () => keeper.file?.version === 4);
  assert.deepEqual(
    logged.map(({ event, fields }) => [event, fields["version"], fields["accepted"]]),
    [
      ["policy-taken", 3, undefined],
      ["policy-taken", 4, "0a1b"],
    ],
  );
});

test("a stolen key is of no use once it was replaced, whatever it has signed", async (t) => {
  const { file, operators, logged, start } = await followed(t);
  const stolen = operators.keys();
  const last = Number.MAX_SAFE_INTEGER;
  const policy = { ...retiring("every.example"), revokedKeys: ["0a1b", "2c3d"] };
  replace(file, operators.sign({ version: last, policy }));
  const keeper = await start();
  assert.deepEqual(retiredIn(keeper), ["every.example"], "it can move traffic");
  operators.rotateRoutes();
  await eventually("what it signed is in force no more", () => keeper.file === undefined);
  assert.deepEqual(keeper.inForce, noPolicy);
  const dropped = logged.find(({ event }) => event === "policy-dropped");
  assert.equal(dropped?.fields["accepted"], "0a1b 2c3d", "what is to be revoked anew is told");
  replace(file, operators.sign({ version: last, policy: retiring("thief.example") }, stolen));
  await eventually("nor is what it signs", () => keeper.refused === 2);
  replace(file, operators.sign({ version: 1, policy: retiring("a.example") }));
  await eventually("versions begin anew", () => retiredIn(keeper).join() === "a.example");
  const again = await start();
  assert.deepEqual(retiredIn(again), ["a.example"]);
  rmSync(file);
  operators.rotateRoutes();
  await eventually("the same without a file", () => again.file === undefined);
});

test("a policy that came before the keys that sign it is taken when those are published", async (t) => {
  const { file, tree, operators, start } = await followed(t);
  const before = readFileSync(join(tree.tree, "metadata/2.targets.json"));
  operators.rotateRoutes();
  rmSync(join(tree.tree, "metadata/3.targets.json"));
  tree.write("metadata/2.targets.json", before);
  replace(file, operators.sign({ version: 3, policy: retiring("a.example") }));
  const keeper = await start();
  assert.deepEqual([retiredIn(keeper), keeper.refused], [[], 1]);
  operators.publish();
  await eventually("it is in force", () => retiredIn(keeper).join() === "a.example");
});

test("a version that cannot be kept is told of, and counts all the same", async (t) => {
  const { file, operators, logged, start } = await followed(t);
  mkdirSync(`${file}.seen/x`, { recursive: true });
  replace(file, operators.sign({ version: 3, policy: retiring("a.example") }));
  const keeper = await start();
  assert.deepEqual(retiredIn(keeper), ["a.example"]);
  assert.ok(logged.some(({ event }) => event === "policy-version-unkept"));
  replace(file, operators.sign({ version: 2, policy: {} }));
  await eventually("the older one is refused", () => keeper.refused === 1);
});

test("a repository that is not whole is told of, and looked at again", async (t) => {
  const { file, tree, operators, logged, start } = await followed(t);
  replace(file, operators.sign({ version: 3, policy: retiring("a.example") }));
  rmSync(join(tree.tree, "metadata/1.root.json"));
  const keeper = await start();
  assert.deepEqual([logged[0]?.fields["code"], keeper.refused], ["HOST_MISSING", 1]);
  tree.write("metadata/1.root.json", operators.signed.bytes("root", 1));
  await eventually("it is in force", () => retiredIn(keeper).join() === "a.example");
  assert.equal(keeper.refused, 1, "once");
});

test("what is no file is told of", async (t) => {
  const { file, logged, start } = await followed(t);
  mkdirSync(file);
  await start();
  assert.equal(logged[0]?.fields["code"], "HOST_IO");
});

for (const [what, offMs] of [
  ["years behind", -20 * 365 * 86_400_000],
  ["years ahead", 20 * 365 * 86_400_000],
] as const) {
  test(`a policy that was read while the clock was ${what} is in force once it is set right`, async (t) => {
    const { file, operators, start } = await followed(t);
    replace(file, operators.sign({ version: 3, policy: retiring("a.example") }));
    let off: number = offMs;
    const keeper = await start({ now: () => Date.now() + off, steady: () => performance.now() });
    const told: string[] = [];
    keeper.follow(({ retired }) => told.push(retired.map(({ host }) => host).join()));
    assert.deepEqual(retiredIn(keeper), []);
    off = 0;
    await eventually("it is told", () => told.at(-1) === "a.example");
    assert.equal(keeper.file?.version, 3);
    const { length } = told;
    await sleep(1_200);
    assert.equal(told.length, length, "and no more, while the clock is left alone");
    off = offMs > 0 ? offMs : 86_400_000;
    await eventually("what is over by another clock is told, too", () => told.at(-1) === "");
  });
}
