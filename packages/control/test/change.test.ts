import assert from "node:assert/strict";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { NameError } from "@causeway/kernel";
import { freePort } from "../../../test/support/listening.ts";
import {
  ask,
  type Changed,
  type ChangeOrder,
  changeName,
  lowered,
  loweredFrom,
  moved,
  NameHistory,
  type NamePorts,
  sendUpdate,
  toDnsName,
  undoChange,
} from "../src/index.ts";
import { digShort, folderFor, type Knot, startKnot } from "./support/knot.ts";

const name = toDnsName("update.example.com");
const now = Date.parse("2026-08-15T22:00:00Z");

function portsFor(t: TestContext, changed: Partial<NamePorts> = {}): NamePorts {
  const history = new NameHistory(join(folderFor(t), "names"));
  return { ask, sendUpdate, history, random: { uint32: () => 7 }, now: () => now, ...changed };
}

function order(server: Knot, some: Partial<ChangeOrder> = {}): ChangeOrder {
  return {
    verb: "retire",
    name,
    server,
    keyFile: server.key,
    who: "me",
    why: "the worm",
    isDry: false,
    wish: () => [],
    ...some,
  };
}

const undo = { who: "me", why: "over", isDry: false, id: undefined, server: undefined } as const;

function addresses(server: Knot): readonly string[] {
  return [...digShort(server, name, "A"), ...digShort(server, name, "AAAA")];
}

const usual = ["192.0.2.1", "192.0.2.2", "2001:db8::1"];

function hasCode(code: string, tsig?: string): (thrown: unknown) => boolean {
  return (thrown) => {
    assert.equal((thrown as NameError).code, code, String(thrown));
    assert.equal((thrown as NameError).tsig, tsig);
    return true;
  };
}

test("a name is retired and brought back to the record, and each change is kept for its owner alone", async (t) => {
  const knot = await startKnot(t);
  const folder = join(folderFor(t), "names");
  const ports = portsFor(t, { history: new NameHistory(folder) });
  const dry = await changeName(ports, order(knot, { isDry: true }));
  assert.match(dry.script ?? "", /^prereq yxrrset update\.example\.com\. A 192\.0\.2\.2$/m);
  assert.deepEqual([addresses(knot), await ports.history.read()], [usual, []]);

  const { zone, record } = await changeName(ports, order(knot));
  assert.deepEqual(
    [zone.name, zone.negativeTtlSeconds, record?.outcome],
    ["example.com", 60, "made"],
  );
  assert.deepEqual(addresses(knot), []);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  for (const file of readdirSync(folder)) {
    assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600);
  }
  await undoChange(ports, { ...undo, keyFile: knot.key });
  assert.deepEqual(addresses(knot), usual);
  const kept = (await ports.history.read()).map(({ verb, undoes }) => [verb, undoes]);
  assert.deepEqual(kept, [
    ["retire", undefined],
    ["undo", 1],
  ]);
  await assert.rejects(
    undoChange(ports, { ...undo, keyFile: knot.key }),
    hasCode("USAGE_ARGUMENT"),
  );
});

test("a name is lowered, moved to other addresses and to another name, and keeps its other records", async (t) => {
  const knot = await startKnot(t);
  const ports = portsFor(t);
  const low = await changeName(
    ports,
    order(knot, { verb: "lower", wish: (before) => lowered(before, 60) }),
  );
  assert.deepEqual(
    low.after.map((set) => [set.type, set.ttlSeconds]),
    [
      ["A", 60],
      ["AAAA", 60],
    ],
  );
  const move = (to: readonly string[], at = name): Promise<Changed> => {
    const wish: ChangeOrder["wish"] = (before, zone) => moved(before, to, at, zone.name);
    return changeName(ports, order(knot, { verb: "move", name: at, wish }));
  };
  await move(["198.51.100.7", "2001:DB8::0:2"]);
  assert.deepEqual(addresses(knot), ["198.51.100.7", "2001:db8::2"]);
  await move(["mirror.example.net"]);
  assert.deepEqual(digShort(knot, name, "CNAME"), ["mirror.example.net."]);
  for (const id of [3, 2, 1]) await undoChange(ports, { ...undo, id, keyFile: knot.key });
  assert.deepEqual(addresses(knot), usual);

  const noted = toDnsName("noted.example.com");
  // A server ignores an alias beside other records, without a word (RFC 2136 section 3.4.2.2).
  await assert.rejects(move(["mirror.example.net"], noted), hasCode("NAME_CONFLICT"));
  assert.deepEqual(digShort(knot, noted, "A"), ["192.0.2.9"]);
  await move(["198.51.100.8"], noted);
  assert.deepEqual(digShort(knot, noted, "TXT"), ['"kept"']);
});

test("until when a TTL stays low is kept though nothing has to be sent, and undone by itself", async (t) => {
  const knot = await startKnot(t);
  const sent: string[] = [];
  const ports = portsFor(t, {
    sendUpdate: (server, script, ...rest) => {
      sent.push(script);
      return sendUpdate(server, script, ...rest);
    },
  });
  const lower = (until?: number, isDry = false): Promise<Changed> => {
    const wish: ChangeOrder["wish"] = (before) => lowered(before, 60);
    return changeName(
      ports,
      order(knot, { verb: "lower", wish, isDry, ...(until !== undefined && { until }) }),
    );
  };
  const untilNow = async (): Promise<number | undefined> => {
    return loweredFrom(await ports.history.read(), name)?.until;
  };
  const [soon, late] = [now + 3_600_000, now + 7_200_000];
  await lower(soon);
  assert.equal((await lower(late, true)).isNoteAlone, true);
  assert.equal(await untilNow(), soon, "a dry run keeps nothing");
  const { script, record } = await lower(late);
  assert.deepEqual([script, record?.id, record?.outcome], [undefined, 2, "made"]);
  assert.equal((await lower(late)).record, undefined, "it is known");
  assert.equal((await lower()).record, undefined);
  assert.equal(await untilNow(), late);

  const undoLast = { ...undo, keyFile: knot.key };
  assert.equal((await undoChange(ports, undoLast)).script, undefined);
  assert.deepEqual([await untilNow(), sent.length], [soon, 1]);
  const { after } = await undoChange(ports, undoLast);
  assert.deepEqual([after[0]?.ttlSeconds, await untilNow()], [300, undefined]);

  // Whoever takes back what lowered it first is not lowered again by the note's undo.
  await lower();
  await lower(late);
  await undoChange(ports, { ...undoLast, id: 5 });
  assert.equal((await undoChange(ports, undoLast)).after[0]?.ttlSeconds, 300);
  await assert.rejects(undoChange(ports, undoLast), hasCode("USAGE_ARGUMENT"));
});

test("what a wildcard makes is not taken for the name's own", async (t) => {
  const knot = await startKnot(t);
  const ports = portsFor(t);
  const own = toDnsName("x.wild.example.com");
  await changeName(ports, order(knot, { name: own }));
  assert.deepEqual(digShort(knot, own, "A"), ["192.0.2.66"], "the wildcard's");
  assert.equal((await changeName(ports, order(knot, { name: own }))).script, undefined);
  await undoChange(ports, { ...undo, keyFile: knot.key });
  assert.deepEqual(digShort(knot, own, "A"), ["192.0.2.67"]);
});

test("of two operators at once one wins, the other is told, and nothing is overwritten", async (t) => {
  const knot = await startKnot(t);
  const ports = portsFor(t);
  const late = portsFor(t, {
    async sendUpdate(...args) {
      const wish: ChangeOrder["wish"] = (before, { name: zone }) =>
        moved(before, ["198.51.100.7"], name, zone);
      await changeName(ports, order(knot, { verb: "move", wish }));
      await sendUpdate(...args);
    },
  });
  await assert.rejects(changeName(late, order(knot)), hasCode("NAME_CONFLICT"));
  assert.deepEqual(addresses(knot), ["198.51.100.7"]);
  assert.deepEqual(
    (await late.history.read()).map((each) => each.outcome),
    ["refused"],
  );
});

test("wrong keys are told apart, change nothing, and are kept as refused", async (t) => {
  const knot = await startKnot(t);
  const ports = portsFor(t);
  const cases = [
    [knot.unknownKey, "BADKEY"],
    [knot.forgedKey, "BADSIG"],
  ] as const;
  for (const [keyFile, fault] of cases) {
    await assert.rejects(
      changeName(ports, order(knot, { keyFile })),
      hasCode("NAME_TSIG_REFUSED", fault),
    );
  }
  const foreign = await changeName(ports, order(knot, { keyFile: knot.foreignKey })).catch(
    (e: unknown) => e,
  );
  assert.match((foreign as NameError).code, /^NAME_(?:TSIG_)?REFUSED$/);
  const noKey = join(knot.folder, "no.key");
  await assert.rejects(changeName(ports, order(knot, { keyFile: noKey })), hasCode("KEY_MISSING"));
  writeFileSync(noKey, 'key "ops" { secret "x" }\n');
  await assert.rejects(
    changeName(ports, order(knot, { keyFile: noKey })),
    hasCode("KEY_UNREADABLE"),
  );
  writeFileSync(noKey, "x".repeat(5000));
  await assert.rejects(
    changeName(ports, order(knot, { keyFile: noKey })),
    hasCode("KEY_UNREADABLE"),
  );
  assert.deepEqual(addresses(knot), usual);
  assert.ok((await ports.history.read()).every((each) => each.outcome === "refused"));
});

test("a server whose clock is an hour ahead says so, and the message tells by how much", async (t) => {
  const knot = await startKnot(t, { clockSeconds: 3600 });
  const failed = await changeName(portsFor(t), order(knot)).catch((thrown: unknown) => thrown);
  const { code, tsig, clockSeconds = 0, message } = failed as NameError;
  assert.deepEqual([code, tsig], ["NAME_TSIG_REFUSED", "BADTIME"]);
  assert.ok(Math.abs(clockSeconds - 3600) < 300, String(clockSeconds));
  assert.match(message, /its clock is 3\d\d\d s ahead of this machine's/);
});

test("a crash before or after the server heard leaves what undo needs", async (t) => {
  const knot = await startKnot(t);
  const crash = new Error("killed");
  const before = portsFor(t, { sendUpdate: () => Promise.reject(crash) });
  const history = before.history;
  const settle = history.settle.bind(history);
  history.settle = () => Promise.reject(crash);
  await assert.rejects(changeName(before, order(knot)), crash);
  const after = { ...before, sendUpdate };
  await assert.rejects(changeName(after, order(knot)), crash);
  assert.deepEqual(addresses(knot), []);
  history.settle = settle;
  assert.deepEqual(
    (await history.read()).map((each) => each.outcome),
    [undefined, undefined],
  );
  await undoChange(after, { ...undo, keyFile: knot.key });
  assert.deepEqual(addresses(knot), usual);
  const first = await undoChange(after, { ...undo, id: 1, keyFile: knot.key });
  assert.equal(first.script, undefined, "it was never sent");
  assert.deepEqual(addresses(knot), usual);
});

test("a silent server, and one without the zone, are told; a lost answer is no failure", async (t) => {
  const knot = await startKnot(t);
  const nobody = { host: "127.0.0.1", port: await freePort() };
  const ports = portsFor(t);
  await assert.rejects(
    changeName(ports, order(knot, { server: nobody })),
    hasCode("NAME_UNREACHABLE"),
  );
  const elsewhere = toDnsName("a.example.net");
  await assert.rejects(changeName(ports, order(knot, { name: elsewhere })), hasCode("NAME_ZONE"));
  const handed = toDnsName("a.sub.example.com");
  await assert.rejects(changeName(ports, order(knot, { name: handed })), hasCode("NAME_ZONE"));
  const lossy = portsFor(t, {
    async sendUpdate(...args) {
      await sendUpdate(...args);
      await sendUpdate(...args); // refused: what it asks for is no more what is there
    },
  });
  assert.equal((await changeName(lossy, order(knot))).record?.outcome, "made");
});
