import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { freePort } from "../../../test/support/listening.ts";
import {
  ask,
  changeName,
  lookAtNames,
  NameHistory,
  type NameServer,
  sendUpdate,
  toDnsName,
  type WatchedName,
} from "../src/index.ts";
import { parseAnswers } from "../src/names/dns-answer.ts";
import { judgeSights } from "../src/names/watch-verdict.ts";
import { folderFor, type Knot, startKnot } from "./support/knot.ts";

const zone = toDnsName("example.com");
const random = { uint32: (): number => 7 };

async function look(
  name: string,
  authorities: readonly NameServer[],
  resolvers: readonly NameServer[] = [],
): Promise<WatchedName["findings"]> {
  const names = [{ name: toDnsName(name), zone }];
  const [watched] = await lookAtNames(ask, random, { names, authorities, resolvers });
  return watched?.findings ?? [];
}

async function retire(t: TestContext, knot: Knot, name: string): Promise<void> {
  const history = new NameHistory(join(folderFor(t), "names"));
  const what = { verb: "retire", server: knot, keyFile: knot.key, who: "me", why: "" } as const;
  const order = { ...what, name: toDnsName(name), isDry: false, wish: () => [] };
  await changeName({ ask, sendUpdate, history, random, now: () => 0 }, order);
}

test("a retired name is gone, unless a server still has it, or has an older zone", async (t) => {
  const [first, second] = await Promise.all([startKnot(t), startKnot(t)]);
  await retire(t, first, "update.example.com");
  assert.deepEqual(await look("update.example.com", [first]), []);
  const found = await look("update.example.com", [first, second]);
  assert.deepEqual(
    found.map((each) => each.kind),
    ["answers", "lagging"],
  );
  assert.ok(found.every((each) => each.server.endsWith(`:${second.port}`)));
  await retire(t, second, "update.example.com");
  assert.deepEqual(await look("update.example.com", [first, second]), []);

  const nobody = { host: "127.0.0.1", port: await freePort() };
  const [failed] = await look("update.example.com", [first, nobody]);
  assert.deepEqual([failed?.kind, failed?.server], ["failed", `127.0.0.1:${nobody.port}`]);
});

test("a wildcard that answers in a retired name's place is found, and so are aliases and delegations", async (t) => {
  const knot = await startKnot(t);
  const [there] = await look("x.wild.example.com", [knot]);
  assert.deepEqual(
    [there?.kind, there?.kind === "answers" && there.isWildcard],
    ["answers", false],
  );
  await retire(t, knot, "x.wild.example.com");
  const [wildcard] = await look("x.wild.example.com", [knot]);
  assert.deepEqual(wildcard, {
    kind: "answers",
    server: `127.0.0.1:${knot.port}`,
    isWildcard: true,
    records: ["x.wild.example.com 300 A 192.0.2.66"],
  });
  const [alias] = await look("www.example.com", [knot]);
  assert.match(
    alias?.kind === "answers" ? alias.records.join() : "",
    /^www\.example\.com 300 CNAME update\.example\.com\.,/,
  );
  const [delegated] = await look("a.sub.example.com", [knot]);
  assert.deepEqual(delegated?.kind, "delegated");
});

function answered(status: string, flags: string, ...records: readonly string[]): string {
  const lines = records.map((each) => `${each}\n`).join("");
  return `;; ->>HEADER<<- opcode: QUERY, status: ${status}, id: 1\n;; flags: ${flags}; QUERY: 1\n\n;; ANSWER SECTION:\n${lines}\n`;
}

test("serials go round, a resolver's cache counts as there, and a refusal as unknown", () => {
  const name = toDnsName("update.example.com");
  const [none, cached, refused, low, high] = parseAnswers(
    [
      answered("NXDOMAIN", "qr aa"),
      answered("NOERROR", "qr ra", "update.example.com. 17 IN A 192.0.2.1"),
      answered("REFUSED", "qr"),
      answered("NOERROR", "qr aa", "example.com. 300 IN SOA ns1. admin. 4294967295 1 1 1 60"),
      answered("NOERROR", "qr aa", "example.com. 300 IN SOA ns1. admin. 3 1 1 1 60"),
    ].join(""),
  );
  assert.ok(none && cached && refused && low && high);
  const authority = { kind: "authority", name: [none], sibling: [none] } as const;
  const found = judgeSights(name, zone, [
    { ...authority, server: "old", soa: low },
    { ...authority, server: "new", soa: high },
    { kind: "resolver", server: "cache", soa: none, name: [cached], sibling: [none] },
    { kind: "resolver", server: "shut", soa: refused, name: [refused], sibling: [refused] },
  ]);
  assert.deepEqual(
    found.map(({ kind, server }) => [kind, server]),
    [
      ["lagging", "old"],
      ["answers", "cache"],
      ["failed", "shut"],
    ],
  );
});
