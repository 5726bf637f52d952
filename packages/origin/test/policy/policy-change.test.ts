import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { tryFileLock } from "@causeway/client/internal/file-lock";
import { noPolicy, type Policy, unitedPolicy } from "../../src/policy/policy.ts";
import { changedPolicy } from "../../src/policy/policy-change.ts";
import {
  changePolicyFile,
  type PolicyPlace,
  readPolicyFile,
  type UnsignedPolicy,
} from "../../src/policy/policy-file.ts";
import { Operators, replace } from "../support/operators.ts";
import { TestRepository } from "../support/repository.ts";

const now = Date.parse("2026-08-16T00:00:00Z");
const hour = 3_600_000;

function utc(instant: number): string {
  return `${new Date(instant).toISOString().slice(0, 19)}Z`;
}

async function placeFor(t: TestContext): Promise<{
  readonly place: PolicyPlace;
  readonly operators: Operators;
  readonly sign: (unsigned: UnsignedPolicy) => Promise<Uint8Array>;
}> {
  const folder = await mkdtemp(join(tmpdir(), "causeway-policy-"));
  const repository = new TestRepository();
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
    repository.remove();
  });
  const operators = new Operators(repository);
  const sign = ({ type, members, version, expires }: UnsignedPolicy): Promise<Uint8Array> => {
    const document = { type, version, expires: utc(expires), policy: members["policy"] };
    return Promise.resolve(operators.sign(document));
  };
  const place = { file: join(folder, "policy.json"), tree: repository.tree };
  return { place, operators, sign };
}

test("names are retired, restored, and given another end", () => {
  const retire = { kind: "retire", host: "Update.Example.com.", until: 5 } as const;
  const once = changedPolicy(noPolicy, retire);
  assert.deepEqual(once.retired, [{ host: "update.example.com", until: 5 }]);
  assert.deepEqual(changedPolicy(once, { ...retire, until: 9 }).retired, [
    { host: "update.example.com", until: 9 },
  ]);
  const restored = changedPolicy(once, { kind: "restore", host: "UPDATE.example.com" });
  assert.deepEqual(restored.retired, []);
  assert.throws(() => changedPolicy(once, { kind: "restore", host: "other.example" }), {
    code: "USAGE_ARGUMENT",
    message: /retired are: update\.example\.com/,
  });
  assert.throws(() => changedPolicy(once, { ...retire, host: "http://a/" }), {
    code: "USAGE_ARGUMENT",
  });
});

test("draining and retired names do not touch each other", () => {
  let policy = changedPolicy(noPolicy, { kind: "drain", refusesFrom: 1, until: 2 });
  policy = changedPolicy(policy, { kind: "retire", host: "a", until: 5 });
  const whole: Policy = {
    ...noPolicy,
    retired: [{ host: "a", until: 5 }],
    draining: { refusesFrom: 1, until: 2 },
  };
  assert.deepEqual(policy, whole);
  assert.deepEqual(changedPolicy(policy, { kind: "undrain" }), {
    ...noPolicy,
    retired: whole.retired,
  });
});

test("of shares each part stays as it was until it is told", () => {
  const change = { kind: "shares", newcomersPercent: undefined, until: 5 } as const;
  const first = changedPolicy(noPolicy, { ...change, machinePercent: 50 });
  assert.deepEqual(first.shares, { machinePercent: 50, newcomersPercent: 20, until: 5 });
  const both = changedPolicy(first, {
    ...change,
    machinePercent: undefined,
    newcomersPercent: 40,
    until: 6,
  });
  assert.deepEqual(both.shares, { machinePercent: 50, newcomersPercent: 40, until: 6 });
  assert.deepEqual(changedPolicy(both, { kind: "undrain" }), both);
  assert.deepEqual(changedPolicy(both, { kind: "usual-shares" }), noPolicy);
});

test("a rule is open until its end or until it is closed, whatever else is said", () => {
  let policy = changedPolicy(noPolicy, { kind: "open", rule: "line", until: 5 });
  policy = changedPolicy(policy, { kind: "open", rule: "all", until: 5 });
  policy = changedPolicy(policy, { kind: "open", rule: "line", until: 6 });
  const all = { rule: "all", until: 5 };
  assert.deepEqual(policy.opened, [all, { rule: "line", until: 6 }]);
  assert.deepEqual(changedPolicy(policy, { kind: "undrain" }), policy);
  policy = changedPolicy(policy, { kind: "close", rule: "line" });
  assert.deepEqual(policy.opened, [all]);
  assert.throws(() => changedPolicy(policy, { kind: "close", rule: "line" }), {
    code: "USAGE_ARGUMENT",
    message: "line is not open here; open are: all.",
  });
  for (const kind of ["open", "close"] as const) {
    assert.throws(() => changedPolicy(policy, { kind, rule: "lines", until: 5 }), {
      code: "USAGE_ARGUMENT",
      message: /did you mean line\?$/,
    });
    assert.throws(() => changedPolicy(policy, { kind, rule: "colours", until: 5 }), {
      message: /known are [^.]*[^.]\.$/,
    });
  }
});

test("there is a bound to what can be retired", () => {
  let policy = noPolicy;
  for (let at = 0; at < 64; at++) {
    policy = changedPolicy(policy, { kind: "retire", host: `a${at}`, until: 5 });
  }
  assert.throws(() => changedPolicy(policy, { kind: "retire", host: "b", until: 5 }), {
    message: /at most 64/,
  });
  assert.equal(changedPolicy(policy, { kind: "retire", host: "a0", until: 6 }).retired.length, 64);
});

test("keys are revoked once, accepted again, and named to sign", () => {
  const revoke = { kind: "revoke", kid: "0a1b2c3d4e5f" } as const;
  let policy = changedPolicy(changedPolicy(noPolicy, revoke), revoke);
  assert.deepEqual(policy.revokedKeys, ["0a1b2c3d4e5f"]);
  policy = changedPolicy(policy, { kind: "sign", kid: "ffffffffffff", until: 5 });
  assert.deepEqual(policy.signingKey, { kid: "ffffffffffff", until: 5 });
  assert.equal(changedPolicy(policy, { kind: "usual-key" }).signingKey, undefined);
  const accepted = changedPolicy(policy, { kind: "accept", kid: "0a1b2c3d4e5f" });
  assert.deepEqual(accepted.revokedKeys, []);
  assert.throws(() => changedPolicy(policy, { kind: "accept", kid: "other" }), {
    code: "USAGE_ARGUMENT",
    message: /revoked are: 0a1b2c3d4e5f\./,
  });
  for (const kind of ["revoke", "accept", "sign"] as const) {
    assert.throws(() => changedPolicy(policy, { kind, kid: "no id", until: 5 }), {
      code: "USAGE_ARGUMENT",
      message: /"no id" is no id of a ticket key/,
    });
  }
});

test("there is a bound to the keys that can be revoked", () => {
  let policy = noPolicy;
  for (let at = 0; at < 16; at++) policy = changedPolicy(policy, { kind: "revoke", kid: `k${at}` });
  assert.throws(() => changedPolicy(policy, { kind: "revoke", kid: "more" }), {
    code: "USAGE_ARGUMENT",
    message: /^16 keys are revoked/,
  });
  assert.equal(changedPolicy(policy, { kind: "revoke", kid: "k0" }).revokedKeys.length, 16);
});

test("of two policies together, no rule is lost or shortened", () => {
  const a: Policy = {
    retired: [
      { host: "x", until: 5 },
      { host: "y", until: 5 },
    ],
    opened: [{ rule: "line", until: 9 }],
    draining: { refusesFrom: 3, until: 8 },
    revokedKeys: ["k1", "k2"],
    signingKey: { kid: "k3", until: 2 },
  };
  const b: Policy = {
    retired: [{ host: "x", until: 7 }],
    opened: [
      { rule: "line", until: 8 },
      { rule: "puzzle", until: 1 },
    ],
    draining: { refusesFrom: 4, until: 9 },
    shares: { machinePercent: 50, newcomersPercent: 40, until: 9 },
    revokedKeys: ["k2", "k4"],
    signingKey: { kid: "k5", until: 9 },
  };
  assert.deepEqual(unitedPolicy(a, b), {
    retired: [
      { host: "x", until: 7 },
      { host: "y", until: 5 },
    ],
    opened: [
      { rule: "line", until: 9 },
      { rule: "puzzle", until: 1 },
    ],
    draining: { refusesFrom: 3, until: 9 },
    shares: { machinePercent: 50, newcomersPercent: 40, until: 9 },
    revokedKeys: ["k1", "k2", "k4"],
    signingKey: { kid: "k3", until: 2 },
  });
  const own = { machinePercent: 200, newcomersPercent: 20, until: 5 };
  assert.equal(unitedPolicy({ ...a, shares: own }, b).shares, own, "what is said here goes first");
  assert.equal(unitedPolicy(b, a).retired[0]?.until, 7);
  assert.deepEqual(unitedPolicy(noPolicy, b), b);
  assert.deepEqual(unitedPolicy(a, noPolicy), a);
});

test("what is signed next has what held, a higher version, and the last end of a rule", async (t) => {
  const { place, sign } = await placeFor(t);
  const first = await changePolicyFile(
    place,
    [{ kind: "retire", host: "a.example", until: now + hour }],
    sign,
    now,
  );
  assert.equal(first.expires, now + hour);
  const second = await changePolicyFile(
    place,
    [{ kind: "retire", host: "b.example", until: now + 3 * hour }],
    sign,
    now,
  );
  assert.ok(second.version > first.version);
  assert.equal(second.expires, now + 3 * hour);
  assert.deepEqual(await readPolicyFile(place, now), second);
  const later = now + 2 * hour;
  const hosts = (await readPolicyFile(place, later))?.policy.retired.map(({ host }) => host);
  assert.deepEqual(hosts, ["b.example"], "what has ended is gone");
  const third = await changePolicyFile(
    place,
    [{ kind: "restore", host: "b.example" }],
    sign,
    later,
  );
  assert.deepEqual(third.policy, noPolicy);
  assert.ok(third.expires > later);
});

test("a vendor who lost the file signs a version above those that are out", async (t) => {
  const { place, sign } = await placeFor(t);
  const retire = { kind: "retire", host: "a.example", until: now + hour } as const;
  let last = 0;
  for (let round = 0; round < 3; round++) {
    last = (await changePolicyFile(place, [retire], sign, now)).version;
  }
  rmSync(place.file);
  const { version } = await changePolicyFile(place, [retire], sign, now + 60_000);
  assert.ok(version > last);
});

test("what others have put in the file is not signed", async (t) => {
  const { place, operators, sign } = await placeFor(t);
  const policy = { retired: [{ host: "every.example", until: utc(now + hour) }] };
  const forged = operators.sign({ version: 3, policy }, operators.keys("patches"));
  replace(place.file, forged);
  const change = changePolicyFile(place, [{ kind: "undrain" }], sign, now);
  await assert.rejects(change, { code: "TRUST_THRESHOLD", message: /\. Move it away/ });
  assert.deepEqual(readFileSync(place.file), Buffer.from(forged));
});

test("who may have mistyped is asked, and then told what to do", async (t) => {
  const { place, operators } = await placeFor(t);
  const policy = { retired: [{ hoost: "a.example", until: utc(now + hour) }] };
  replace(place.file, operators.sign({ version: 3, policy, expires: utc(now + hour) }));
  await assert.rejects(readPolicyFile(place, now), {
    code: "TRUST_MALFORMED",
    message:
      /"hoost" is not known here; did you mean host\? Move it away, and say again what [^.]*\.$/,
  });
});

test("two changes at once do not lose one", async (t) => {
  const { place, sign } = await placeFor(t);
  const lock = tryFileLock(`${place.file}.lock`);
  const change = changePolicyFile(place, [{ kind: "undrain" }], sign, now);
  await assert.rejects(change, { code: "HOST_BUSY" });
  lock?.release();
  const { policy } = await changePolicyFile(place, [{ kind: "undrain" }], sign, now);
  assert.deepEqual(policy, noPolicy);
});
