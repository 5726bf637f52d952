import assert from "node:assert/strict";
import { test } from "node:test";
import { Fields, parseJson } from "@causeway/kernel";
import {
  noPolicy,
  type Policy,
  policyAt,
  policyUntil,
  usualShares,
} from "../../src/policy/policy.ts";
import { decodePolicy, encodePolicy } from "../../src/policy/policy-document.ts";

const now = Date.parse("2026-08-16T00:00:00Z");
const until = "2026-08-17T00:00:00Z";

function decode(text: string): Policy {
  return decodePolicy(new Fields(parseJson(Buffer.from(text), "policy"), "policy"), now);
}

test("a policy is read as it was written", () => {
  const policy: Policy = {
    retired: [
      { host: "windowsupdate.example.com", until: Date.parse(until) },
      { host: "192.0.2.1", until: Date.parse(until) },
    ],
    opened: [
      { rule: "all", until: Date.parse(until) },
      { rule: "ticket-shares", until: now },
    ],
    draining: { refusesFrom: now + 60_000, until: Date.parse(until) },
    shares: { machinePercent: 50, newcomersPercent: 40, until: Date.parse(until) },
    revokedKeys: ["0a1b2c3d4e5f", "k".repeat(32)],
    signingKey: { kid: "ffffffffffff", until: Date.parse(until) },
  };
  assert.deepEqual(decode(JSON.stringify(encodePolicy(policy))), policy);
  assert.deepEqual(decode("{}"), noPolicy);
  assert.deepEqual(decode(`{"shares": {"until": "${until}"}}`).shares, {
    ...usualShares,
    until: Date.parse(until),
  });
});

test("what is mistyped is refused, and the nearest known name is told", () => {
  assert.throws(() => decode('{"retried": []}'), {
    code: "TRUST_MALFORMED",
    message: /"retried" is not known here; did you mean retired\?/,
  });
  assert.throws(() => decode(`{"retired": [{"hots": "a", "until": "${until}"}]}`), {
    message: /did you mean host\?/,
  });
  assert.throws(() => decode(`{"opened": [{"rule": "line-s", "until": "${until}"}]}`), {
    message: /"line-s" is not known here; did you mean line\?/,
  });
  assert.throws(() => decode('{"colour": "blue"}'), { message: /known are retired/ });
});

test("junk, and what is beyond the bounds, is no policy", () => {
  const rule = (host: string, end: string): string => {
    return JSON.stringify({ retired: [{ host, until: end }] });
  };
  const wrong = [
    "[]",
    "null",
    '{"retired": {}}',
    '{"retired": [1]}',
    '{"retired": [{"host": "a.example"}]}',
    rule("A.example", until),
    rule("a.example.", until),
    rule("a b", until),
    rule("", until),
    rule(`${"a".repeat(64)}.example`, until),
    rule(`${"a.".repeat(127)}aa`, until),
    rule("a.example", "tomorrow"),
    rule("a.example", "2027-08-18T00:00:00Z"),
    rule("a.example", "2026-02-30T00:00:00Z"),
    '{"opened": {}}',
    '{"opened": [{"rule": "line"}]}',
    `{"opened": [{"rule": "constructor", "until": "${until}"}]}`,
    '{"opened": [{"rule": "line", "until": "2027-08-18T00:00:00Z"}]}',
    JSON.stringify({
      opened: [
        { rule: "line", until },
        { rule: "line", until },
      ],
    }),
    JSON.stringify({ opened: Array.from({ length: 10 }, () => ({ rule: "all", until })) }),
    JSON.stringify({
      retired: [
        { host: "a", until },
        { host: "a", until },
      ],
    }),
    JSON.stringify({ retired: Array.from({ length: 65 }, (_, at) => ({ host: `a${at}`, until })) }),
  ];
  const kids = Array.from({ length: 17 }, (_, at) => `k${at}`);
  const ofKeys = [
    { revokedKeys: "a" },
    { revokedKeys: [1] },
    { revokedKeys: [""] },
    { revokedKeys: ["a b"] },
    { revokedKeys: ["k".repeat(33)] },
    { revokedKeys: ["a", "a"] },
    { revokedKeys: kids },
    { signingKey: "a" },
    { signingKey: { kid: "a" } },
    { signingKey: { kid: "a b", until } },
    { signingKey: { kid: "a", until: "2027-08-18T00:00:00Z" } },
    { signingKey: { kid: "a", until, secret: "s" } },
  ];
  wrong.push(...ofKeys.map((policy) => JSON.stringify(policy)));
  for (const text of wrong) assert.throws(() => decode(text), { code: "TRUST_MALFORMED" }, text);
});

test("every rule ends by itself, but a revoked key stays so", () => {
  const rules = {
    draining: { refusesFrom: until, until },
    shares: { until },
    opened: [{ rule: "line", until }],
    signingKey: { kid: "b", until },
    revokedKeys: ["a"],
  };
  const policy = decode(JSON.stringify({ retired: [{ host: "a.example", until }], ...rules }));
  assert.deepEqual(policyAt(policy, Date.parse(until) - 1), policy);
  const left = { ...noPolicy, revokedKeys: ["a"] };
  assert.deepEqual(policyAt(policy, Date.parse(until)), left);
  assert.deepEqual(policyAt(policyUntil(policy, now), now), left);
});
