import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import { tryFileLock } from "@causeway/client/internal/file-lock";
import fc from "fast-check";
import type { LogEntry } from "../../src/log.ts";
import { noPolicy } from "../../src/policy/policy.ts";
import { keySpreadMs, signingKey } from "../../src/shield/signing-key.ts";
import {
  decodeTicketKeys,
  encodeTicketKeys,
  type TicketKey,
} from "../../src/shield/ticket-key-file.ts";
import { listTicketKeys, readTicketKeys, rotateTicketKeys } from "../../src/shield/ticket-keys.ts";
import { TicketKeysFollower } from "../../src/shield/ticket-keys-follower.ts";
import { eventually, sleep } from "../support/origin.ts";
import { keysFile } from "../support/tickets.ts";

const start = Date.parse("2026-01-01T00:00:00Z");

test("the first key signs at once, a later one when it had time to spread, two are valid", async (t) => {
  const file = await keysFile(t);
  assert.equal(await readTicketKeys(file), undefined);
  const first = await rotateTicketKeys(file, start + 1);
  assert.deepEqual(
    [first.oldKid, first.endedKid, first.signsFrom],
    [null, null, "2026-01-01T00:00:00Z"],
  );
  assert.deepEqual(await statesAt(file, start), [[first.newKid, "signs"]]);

  const later = start + 86_400_000;
  const second = await rotateTicketKeys(file, later);
  assert.deepEqual([second.oldKid, second.endedKid], [first.newKid, null]);
  assert.equal(second.signsFrom, "2026-01-02T00:05:00Z");
  const both = [second.newKid, first.newKid];
  assert.deepEqual(await statesAt(file, later + keySpreadMs - 1), zip(both, ["waits", "signs"]));
  assert.deepEqual(await statesAt(file, later + keySpreadMs), zip(both, ["signs", "accepted"]));

  const third = await rotateTicketKeys(file, later + 1_000);
  assert.deepEqual([third.oldKid, third.endedKid], [second.newKid, first.newKid]);
  // In a hurry no key has had its time: the one that more have got goes on.
  const last = [third.newKid, second.newKid];
  assert.deepEqual(await statesAt(file, later + 2_000), zip(last, ["waits", "signs"]));
});

async function statesAt(file: string, now: number): Promise<unknown> {
  return (await listTicketKeys(file, noPolicy, now)).map(({ kid, state }) => [kid, state]);
}

function zip(a: readonly string[], b: readonly string[]): unknown {
  return a.map((value, at) => [value, b[at]]);
}

test("two rotations within one second leave the newer one first", async (t) => {
  const file = await keysFile(t);
  for (let time = 0; time < 3; time++) await rotateTicketKeys(file, start);
  const newest = await rotateTicketKeys(file, start);
  const keys = await readTicketKeys(file);
  assert.deepEqual(
    keys?.map(({ kid }) => kid),
    [newest.newKid, newest.oldKid],
  );
  assert.equal(signingKey(keys ?? [], start)?.kid, newest.oldKid);
});

test("a key of the future, as of a clock that is ahead, signs when its time has come", () => {
  const old = { createdAt: start };
  const ahead = { createdAt: start + 86_400_000 };
  assert.equal(signingKey([ahead, old], start + 1_000), old);
  assert.equal(signingKey([ahead, old], ahead.createdAt + keySpreadMs), ahead);
  assert.equal(signingKey([ahead], start), ahead, "it is all there is");
  assert.equal(signingKey([], start), undefined);
});

test("secrets are of 256 random bits, for their owner alone, and nothing is left beside them", async (t) => {
  const file = await keysFile(t);
  await rotateTicketKeys(file, start);
  if (process.platform !== "win32") assert.equal(statSync(file).mode & 0o777, 0o600);
  chmodSync(file, 0o644);
  await rotateTicketKeys(file, start);
  if (process.platform !== "win32") assert.equal(statSync(file).mode & 0o777, 0o600);
  const [one, two] = (await readTicketKeys(file)) ?? [];
  assert.match(one?.secret ?? "", /^[\w-]{43}$/);
  assert.notEqual(one?.secret, two?.secret);
  const drafts = readdirSync(dirname(file)).filter((name) => name.includes("tmp"));
  assert.deepEqual(drafts, []);
});

test("a rotation that meets another one waits for nobody and changes nothing", async (t) => {
  const file = await keysFile(t);
  await rotateTicketKeys(file, start);
  const before = readFileSync(file, "utf8");
  const lock = tryFileLock(`${file}.lock`);
  await assert.rejects(rotateTicketKeys(file, start), { code: "HOST_BUSY" });
  lock?.release();
  assert.equal(readFileSync(file, "utf8"), before);
});

const anyKey: fc.Arbitrary<TicketKey> = fc.record(
  {
    kid: fc.stringMatching(/^[\w-]{1,32}$/),
    secret: fc.stringMatching(/^[\w-]{43,128}$/),
    createdAt: fc.integer({ min: 0, max: 4_000_000_000 }).map((second) => second * 1000),
  },
  { noNullPrototype: true },
);

test("keys are read as they were written, the newest first", () => {
  const some = fc.uniqueArray(anyKey, { selector: ({ kid }) => kid, minLength: 1, maxLength: 2 });
  fc.assert(
    fc.property(some, (keys) => {
      const sorted = keys.toSorted((a, b) => b.createdAt - a.createdAt);
      assert.deepEqual(decodeTicketKeys(encodeTicketKeys(keys), "file"), sorted);
    }),
  );
});

const good: TicketKey = { kid: "one", secret: "s".repeat(43), createdAt: start };
const shown = { kid: "one", secret: "s".repeat(43), createdAt: "2026-01-01T00:00:00Z" };
const bad: Readonly<Record<string, unknown>> = {
  nothing: undefined,
  "no object": [],
  "no keys": {},
  "an empty list": { keys: [] },
  "three keys": { keys: ["a", "b", "c"].map((kid) => ({ ...shown, kid })) },
  "one kid twice": { keys: [shown, shown] },
  "a member more": { keys: [shown], note: "" },
  "a member more in a key": { keys: [{ ...shown, alg: "HS256" }] },
  "no secret": { keys: [{ ...shown, secret: undefined }] },
  "a short secret": { keys: [{ ...shown, secret: "s".repeat(42) }] },
  "a long secret": { keys: [{ ...shown, secret: "s".repeat(129) }] },
  "a secret that a configuration would not bear": {
    keys: [{ ...shown, secret: `${"s".repeat(43)}"\n` }],
  },
  "an empty kid": { keys: [{ ...shown, kid: "" }] },
  "a long kid": { keys: [{ ...shown, kid: "k".repeat(33) }] },
  "a kid with a space": { keys: [{ ...shown, kid: "a b" }] },
  "a time that is none": { keys: [{ ...shown, createdAt: "yesterday" }] },
  "a time as a number": { keys: [{ ...shown, createdAt: 0 }] },
};

for (const [name, value] of Object.entries(bad)) {
  test(`a file with ${name} is refused, and its secrets stay out of the message`, () => {
    const bytes = Buffer.from(JSON.stringify(value) ?? "");
    assert.throws(
      () => decodeTicketKeys(bytes, "tickets.json"),
      (error: unknown) => {
        assert.ok(error instanceof Error && "code" in error);
        assert.equal(error.code, "KEY_UNREADABLE");
        assert.match(error.message, /^tickets\.json holds no ticket keys: .*rotate tickets\.$/);
        assert.doesNotMatch(error.message, /sss/);
        assert.equal(error.cause, undefined);
        return true;
      },
    );
  });
}

test("a file that was damaged anywhere is refused or holds keys, and nothing else happens", () => {
  const bytes = encodeTicketKeys([good]);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
      const damaged = Uint8Array.from(bytes);
      damaged[at] = value;
      try {
        assert.equal(decodeTicketKeys(damaged, "file").length, 1);
      } catch (error) {
        assert.ok(error instanceof Error && "code" in error && error.code === "KEY_UNREADABLE");
      }
    }),
  );
});

test("what is no file, or too long, is refused without being read", async (t) => {
  const file = await keysFile(t);
  mkdirSync(file);
  await assert.rejects(readTicketKeys(file), { code: "HOST_IO" });
  rmSync(file, { recursive: true });
  writeFileSync(file, " ".repeat(1_000_000));
  await assert.rejects(readTicketKeys(file), { code: "KEY_UNREADABLE", message: /too long/ });
});

test("a follower tells of each change once, and a damaged file keeps the last good keys", async (t) => {
  const file = await keysFile(t);
  const logged: LogEntry[] = [];
  const told: (readonly TicketKey[])[] = [];
  const follower = new TicketKeysFollower(
    file,
    (entry) => logged.push(entry),
    (keys) => told.push(keys),
  );
  t.after(() => follower.stop());
  await follower.start();
  const warnings = (): number => logged.filter(({ level }) => level === "error").length;
  assert.deepEqual([told.length, warnings()], [0, 1], "a file that is missing is told of");

  const { newKid } = await rotateTicketKeys(file);
  await eventually("the keys are there", () => told.length === 1);
  assert.equal(told[0]?.[0]?.kid, newKid);
  const whole = readFileSync(file);
  writeFileSync(file, "{");
  await eventually("the damage is told of", () => warnings() === 2);
  await sleep(1_200);
  assert.equal(warnings(), 2, "once");
  rmSync(file);
  await eventually("so is its absence", () => warnings() === 3);
  writeFileSync(file, whole);
  await sleep(1_200);
  assert.equal(told.length, 1, "the same keys are no news");
  await rotateTicketKeys(file);
  await eventually("the next ones are", () => told.length === 2);
  assert.doesNotMatch(JSON.stringify(logged), new RegExp(told[0]?.[0]?.secret ?? ""));
});
