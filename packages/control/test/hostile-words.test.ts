import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { CausewayError } from "@causeway/kernel";
import { ask, moved, NameHistory, shownServer, toDnsName, toNameServer } from "../src/index.ts";
import { parseAnswers } from "../src/names/dns-answer.ts";
import { folderFor } from "./support/knot.ts";

function hasCode(code: string, message = /./): (thrown: unknown) => boolean {
  return (thrown) => {
    assert.equal((thrown as CausewayError).code, code, String(thrown));
    assert.match((thrown as CausewayError).message, message);
    return true;
  };
}

test("no name leaves its line, or is taken for another: Unicode is shown as xn--", () => {
  assert.equal(toDnsName("Update.Example.com."), "update.example.com");
  assert.equal(toDnsName("_causeway.example.com"), "_causeway.example.com");
  const bad = [
    "",
    ".",
    "a..b",
    "-a.example",
    "a-.example",
    "a b.example",
    "a\nsend",
    "a;b",
    "*.example",
    "a\0",
    "a".repeat(64),
    `${"a.".repeat(127)}a`,
    "a".repeat(1e6),
    "a.example\r",
    "-q",
  ];
  for (const text of bad) assert.throws(() => toDnsName(text), hasCode("USAGE_NAME"), text);
  assert.throws(
    () => toDnsName("uрdate.example.com"),
    hasCode("USAGE_NAME", /xn--udate-vye\.example\.com/),
  );
});

test("a server is an address or a name, with a port, and nothing else", () => {
  for (const text of [
    "192.0.2.53",
    "[2001:db8::53]:5353",
    "ns1.example.com:5353",
    "192.0.2.53:54",
  ]) {
    assert.equal(shownServer(toNameServer(text)), text);
  }
  assert.deepEqual(toNameServer("2001:db8::53"), { host: "2001:db8::53", port: 53 });
  for (const text of [
    "",
    "a b",
    "fe80::1%eth0",
    "192.0.2.53:0",
    "ns1:65536",
    "-x",
    "ns\nsend",
    "a".repeat(1e6),
  ]) {
    assert.throws(() => toNameServer(text), hasCode("USAGE_ARGUMENT"), text);
  }
});

test("a name is moved to addresses or to one name, and nowhere else", () => {
  const name = toDnsName("a.example");
  const zone = toDnsName("example");
  const bad = [["b.example", "192.0.2.1"], ["b.example", "c.example"], ["a.example"]];
  for (const to of bad) assert.throws(() => moved([], to, name, zone), hasCode("USAGE_ARGUMENT"));
  assert.throws(() => moved([], ["b.example"], zone, zone), hasCode("USAGE_ARGUMENT"));
  assert.throws(() => moved([], ["192.0.2.1\nsend"], name, zone), hasCode("USAGE_NAME"));
});

test("an answer that is no answer is none, however long it is", () => {
  for (const text of ["", "\0".repeat(1e5), ";; ->>HEADER<<- nonsense", ";; ".repeat(1e5)]) {
    assert.ok(parseAnswers(text).every((each) => each.status === undefined));
  }
  const many = "a.example. 1 IN A 192.0.2.1\n".repeat(1e5);
  const text = `;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\n;; ANSWER SECTION:\n${many}`;
  assert.ok((parseAnswers(text)[0]?.answer.length ?? 0) <= 500);
});

test("a server that never answers is asked for one thing alone, not for all in turn", async (t) => {
  const socket = createSocket("udp4");
  t.after(() => socket.close());
  let asked = 0;
  socket.on("message", () => {
    asked += 1;
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const questions = ["A", "AAAA", "CNAME"].map((type) => ({ name: toDnsName("a.example"), type }));
  const answers = await ask({ host: "127.0.0.1", port: socket.address().port }, questions);
  assert.deepEqual(
    answers.map((each) => each.status),
    [undefined, undefined, undefined],
  );
  assert.equal(asked, 2, "it is tried twice");
});

test("a history that was damaged or edited is told, with the file, and not followed", async (t) => {
  const folder = join(folderFor(t), "names");
  mkdirSync(folder);
  const history = new NameHistory(folder);
  const name = toDnsName("a.example");
  const before = [{ type: "A", ttlSeconds: 60, values: ["192.0.2.1"] }] as const;
  const change = {
    verb: "retire",
    name,
    zone: toDnsName("example"),
    server: "192.0.2.53",
  } as const;
  const file = join(folder, "1.json");
  await history.add({ ...change, who: "me", why: "", at: 0, before, after: [] });
  assert.equal((await history.read()).length, 1);
  const whole = readFileSync(file, "utf8");
  const edits = [
    whole.slice(0, -1),
    whole.replace("192.0.2.1", "192.0.2.1\\nsend"),
    whole.replace('"id":1', '"id":2'),
    whole.replace('"A"', '"TXT"'),
    `${whole}${" ".repeat(2e6)}`,
  ];
  for (const text of edits) {
    assert.notEqual(text, whole);
    writeFileSync(file, text);
    await assert.rejects(history.read(), hasCode("HOST_CORRUPT_STATE", /1\.json is damaged/));
  }
});

test("two operators who write at once get a number each", async (t) => {
  const folder = join(folderFor(t), "names");
  const change = { verb: "retire", zone: toDnsName("example"), server: "192.0.2.53" } as const;
  const all = Array.from({ length: 8 }, async (_, at) => {
    const name = toDnsName(`n${at}.example`);
    const what = { ...change, name, who: "me", why: "", at: 0, before: [], after: [] };
    return new NameHistory(folder).add(what);
  });
  const ids = (await Promise.all(all)).map((each) => each.id);
  assert.deepEqual(
    ids.toSorted((a, b) => a - b),
    [1, 2, 3, 4, 5, 6, 7, 8],
  );
  assert.equal(new Set((await new NameHistory(folder).read()).map((each) => each.name)).size, 8);
});
