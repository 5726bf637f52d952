import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogEntry } from "../../src/log.ts";
import { noPolicy } from "../../src/policy/policy.ts";
import { signingKey } from "../../src/shield/signing-key.ts";
import type { TicketKey } from "../../src/shield/ticket-key-file.ts";
import { TicketKeyRing } from "../../src/shield/ticket-key-ring.ts";

const now = 1_900_000_000_000;
const hour = 3_600_000;

function key(kid: string, ageMs: number): TicketKey {
  return { kid, secret: kid.repeat(43), createdAt: now - ageMs };
}

const fresh = key("b", 0);
const old = key("a", hour);

function ring(): {
  readonly ring: TicketKeyRing;
  readonly told: string[];
  readonly logged: LogEntry[];
} {
  const told: string[] = [];
  const logged: LogEntry[] = [];
  const made = new TicketKeyRing(
    noPolicy,
    (entry) => logged.push(entry),
    (keys) => told.push(keys.map(({ kid }) => kid).join()),
  );
  return { ring: made, told, logged };
}

test("a revoked key counts no more, whichever comes first, and stays away until it is accepted", () => {
  const one = ring();
  one.ring.setFileKeys([fresh, old]);
  one.ring.setPolicy({ ...noPolicy, revokedKeys: ["a"] });
  one.ring.setPolicy({ ...noPolicy, revokedKeys: ["a"] });
  one.ring.setFileKeys([fresh, old]);
  assert.deepEqual(one.told, ["b,a", "b"], "nobody is told of what is as it was");
  one.ring.setPolicy(noPolicy);
  assert.equal(one.told.at(-1), "b,a");

  const other = ring();
  other.ring.setPolicy({ ...noPolicy, revokedKeys: ["a", "b"] });
  other.ring.setFileKeys([fresh, old]);
  assert.deepEqual([other.told, other.ring.keys], [[], []]);
});

test("once the last of the old keys is revoked, the fresh one signs at once", () => {
  const { ring: made } = ring();
  made.setFileKeys([fresh, old]);
  assert.equal(signingKey(made.keys, now)?.kid, "a");
  made.setPolicy({ ...noPolicy, revokedKeys: ["a"] });
  assert.equal(signingKey(made.keys, now)?.kid, "b");
});

test("a key that is named signs until that ends; one that is missing or revoked never", () => {
  const { ring: made } = ring();
  made.setFileKeys([fresh, old]);
  const named = { kid: "b", until: now + 60_000 };
  made.setPolicy({ ...noPolicy, signingKey: named });
  assert.equal(signingKey(made.keys, now)?.kid, "b");
  assert.equal(signingKey(made.keys, now + 60_000)?.kid, "a");
  made.setPolicy({ ...noPolicy, signingKey: named, revokedKeys: ["b"] });
  assert.equal(signingKey(made.keys, now)?.kid, "a");
  made.setPolicy({ ...noPolicy, signingKey: { ...named, kid: "none" } });
  assert.equal(signingKey(made.keys, now)?.kid, "a");
});

test("a revoked key that is still in the file is told once, and so is a missing one that is to sign", () => {
  const { ring: made, logged } = ring();
  made.setFileKeys([fresh, old]);
  const policy = { ...noPolicy, revokedKeys: ["a"], signingKey: { kid: "c", until: now } };
  made.setPolicy(policy);
  made.setPolicy({ ...policy });
  made.setFileKeys([fresh, old]);
  assert.deepEqual(
    logged.map(({ level, event, fields }) => [level, event, fields["kids"] ?? fields["kid"]]),
    [
      ["warn", "ticket-keys-revoked", "a"],
      ["warn", "signing-key-missing", "c"],
    ],
  );
  made.setPolicy({ ...noPolicy, revokedKeys: ["a", "b"] });
  assert.match(String(logged.at(-1)?.fields["next"]), /^nobody has a ticket now; /);
  const secrets = JSON.stringify(logged);
  assert.ok(!secrets.includes(old.secret) && !secrets.includes(fresh.secret));
});
