import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { encodeShardKeys, type ShardKeys } from "@causeway/kernel";
import { ShardOffice } from "../../src/shield/shard-office.ts";
import { readClaims } from "../../src/shield/ticket-claims.ts";
import { rotateTicketKeys } from "../../src/shield/ticket-keys.ts";
import { ask } from "../support/http.ts";
import { eventually, testOrigin } from "../support/origin.ts";
import { claimsOf, keysFile, ticket } from "../support/tickets.ts";

const choice = "C".repeat(42) + "A";

function keysOf(count: number, given: (shard: number) => boolean = () => true): ShardKeys {
  const shards = Array.from({ length: count }, (_, at) => {
    const key = Buffer.alloc(32, at).toString("base64url");
    return { shard: at + 1, key, ...(given(at + 1) && { given: true as const }) };
  });
  return { choice, shards };
}

function officeOf(keys: ShardKeys): ShardOffice {
  const office = new ShardOffice();
  office.setKeys(keys);
  return office;
}

/** The shards whose keys a newcomer from that network is given. */
function shardsFrom(office: ShardOffice, network: string): readonly number[] {
  const home = office.homeOf(undefined, network);
  const text = (home && office.keysFor(home)) ?? "";
  return [...text.matchAll(/(\d+)=/g)].map(([, shard]) => Number(shard));
}

test("a network is given two shards, always the same, and networks are spread over all", () => {
  const office = officeOf(keysOf(16));
  const counts = new Map<number, number>();
  for (let at = 0; at < 4_000; at++) {
    const shards = shardsFrom(office, `10.${at >> 8}.${at & 255}`);
    assert.equal(new Set(shards).size, 2);
    for (const shard of shards) counts.set(shard, (counts.get(shard) ?? 0) + 1);
  }
  assert.equal(counts.size, 16);
  for (const count of counts.values()) assert.ok(count > 400 && count < 600, `${count} of 4,000`);
  assert.deepEqual(shardsFrom(office, "10.1.1"), shardsFrom(officeOf(keysOf(16)), "10.1.1"));
});

test("who says to be somebody new, or has moved, is given no others; customers go by their name", () => {
  const office = officeOf(keysOf(16));
  const home = office.homeOf(undefined, "192.0.2");
  assert.equal(office.homeOf({ ...ticket, sub: "somebody-else" }, "192.0.2"), home);
  const moved = { ...ticket, ...(home !== undefined && { home }) };
  assert.equal(office.homeOf(moved, "198.51.100"), home);
  const acme = { ...ticket, sub: "acme", fleet: 500 };
  assert.equal(office.homeOf(acme, "192.0.2"), office.homeOf(acme, "198.51.100"));
  assert.notEqual(office.homeOf(acme, "192.0.2"), home);
  assert.equal(office.homeOf(undefined, ""), undefined);
});

test("only keys that the vendor has marked are given, and one more shard moves few", () => {
  const some = officeOf(keysOf(16, (shard) => shard <= 8));
  const networks = Array.from({ length: 200 }, (_, at) => `10.0.${at}`);
  assert.ok(networks.flatMap((each) => shardsFrom(some, each)).every((shard) => shard <= 8));
  assert.equal(officeOf(keysOf(16, () => false)).homeOf(undefined, "10.0.0"), undefined);
  assert.deepEqual(shardsFrom(officeOf(keysOf(1)), "10.0.0"), [1]);
  const [before, after] = [16, 17].map((count) => officeOf(keysOf(count)));
  assert.ok(before !== undefined && after !== undefined);
  const moved = networks.filter((each) => {
    return shardsFrom(before, each).join() !== shardsFrom(after, each).join();
  });
  assert.ok(moved.length < 50, `${moved.length} of 200`);
});

test("a ticket with a home that none has is no ticket", () => {
  const claims = (home: unknown): string => {
    return Buffer.from(JSON.stringify({ ...ticket, home })).toString("base64url");
  };
  assert.equal(readClaims(claims("abcdefghij-"))?.home, "abcdefghij-");
  for (const home of ["", "short", "a".repeat(12), "a.b.c.d.e.f", 5, null]) {
    assert.equal(readClaims(claims(home)), undefined, String(home));
  }
});

test("an origin gives keys with tickets in calm times, and takes up a file that changes", async (t) => {
  const keys = await keysFile(t);
  await rotateTicketKeys(keys);
  const file = path.join(path.dirname(keys), "shards.json");
  writeFileSync(file, encodeShardKeys(keysOf(16)));
  const calm = { workAtOnceMin: 256, delayTargetMs: 600_000, waitMs: 600_000 };
  const tickets = { keysFile: keys, shardKeysFile: file, route: "web-1" };
  const origin = await testOrigin(t, { workers: 1, tickets, limits: calm });
  const get = (headers = {}, asked = "metadata/timestamp.json") => {
    return ask(new URL(asked, origin.url), { headers });
  };
  const reserves = async (headers = {}): Promise<unknown> => {
    return (await get(headers)).headers["causeway-reserves"];
  };
  await eventually("it has read them", async () => (await reserves()) !== undefined);
  const first = await get();
  const given = first.headers["causeway-reserves"];
  assert.match(String(given), /^\d+=[\w-]{43}, \d+=[\w-]{43}$/);
  assert.equal(await reserves(), given, "without a ticket, the same");
  const token = String(first.headers["causeway-ticket"]);
  assert.match(claimsOf(token).home ?? "", /^[\w-]{11}$/);
  assert.equal(await reserves({ Authorization: `Bearer ${token}` }), given);
  assert.equal(await reserves({ Via: "1.1 cache" }), undefined);
  assert.equal((await get({}, "metadata/1.root.json")).headers["causeway-reserves"], undefined);
  writeFileSync(file, "{");
  assert.equal(await reserves(), given, "what is damaged changes nothing");
  rmSync(file);
  await eventually("none are given", async () => (await reserves()) === undefined);
});
