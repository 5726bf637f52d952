import assert from "node:assert/strict";
import { after, test } from "node:test";
import { RouteError, type RouteId, type TextRecords } from "@causeway/kernel";
import { makeKey } from "../../trust/test/support/test-key.ts";
import { day } from "../../trust/test/support/test-repository.ts";
import { TrustState } from "../src/metadata/trust-state.ts";
import { Announcements } from "../src/routes/announced/announcements.ts";
import type { AnnouncementNews } from "../src/routes/announced/dropped.ts";
import { domainsOf, lookUpAnnouncements } from "../src/routes/announced/look-up.ts";
import { codeOf } from "./support/announce.ts";
import { clientOf, ports } from "./support/customer.ts";
import { noise, now, product, startRoutes, Vendor } from "./support/field.ts";
import { MemoryStore } from "./support/memory-store.ts";
import { tempFolder } from "./support/temp-folder.ts";

const folder = await tempFolder();
after(async () => {
  ports.transport.close();
  await folder[Symbol.asyncDispose]();
});

const wish = { platform: "any" };
const known = "https://a.contoso.example/";
const vendor = new Vendor();
vendor.release("1.0", noise(1_000, 5));
const id = "r0" as RouteId;
const entry = { id, urls: [known], kind: "mirror", priority: 1, weight: 1 } as const;
vendor.routes({ version: 1, routes: [{ ...entry, state: "active" }] });

/** A state that has met the vendor. */
async function met(): Promise<MemoryStore> {
  const state = new MemoryStore();
  await using fleet = await startRoutes(["honest"], vendor.files());
  await clientOf(folder.path, fleet.urls, vendor.trust, ports, { state }).check(product, wish);
  return state;
}

const before = await met();

/** A machine from which nobody can be reached, and whose name servers answer so. */
function cutOff(textsAt: TextRecords["textsAt"], at = now): typeof ports & { asked: string[] } {
  const asked: string[] = [];
  const open = (request: { readonly url: URL }): Promise<never> => {
    return Promise.reject(new RouteError("ROUTE_UNREACHABLE", request.url.href, "is gone"));
  };
  return {
    asked,
    random: ports.random,
    clock: { ...ports.clock, wall: () => at },
    transport: { ...ports.transport, open },
    texts: {
      textsAt(name, signal) {
        asked.push(name);
        return textsAt(name, signal);
      },
    },
  };
}

async function told(state: MemoryStore, texts: readonly string[]): Promise<readonly unknown[]> {
  const news: AnnouncementNews[] = [];
  const machine = cutOff(async (name) => (name === "_causeway.contoso.example" ? texts : []));
  const client = clientOf(folder.path, [known], vendor.trust, machine, {
    state,
    onAnnouncement: (each) => news.push(each),
  });
  await assert.rejects(client.check(product, wish), { code: "ROUTE_ALL_FAILED" });
  return news.map(({ refused, urls }) => refused?.code ?? urls);
}

test("hosts and what they are a part of are asked, but no address and no top level", () => {
  const bases = [
    "https://a.eu.example/x/",
    "http://b.eu.example:81/",
    "https://single/",
    "http://127.0.0.1/",
    "http://[::1]/",
    "file:///a.b/",
    "http://x.localhost/",
    "https://contoso.test./",
  ].map((url) => new URL(url));
  const names = ["a.eu.example", "eu.example", "b.eu.example", "contoso.test"];
  assert.deepEqual(domainsOf(bases), names);
});

test("what the DNS has is held against the same rules, each refusal with its reason", async () => {
  const state = new MemoryStore(before.files);
  const evil = ["https://evil.example/"];
  const good = ["https://new.contoso.example/"];
  const texts = [
    codeOf(vendor, evil, { sequence: 3, key: makeKey() }),
    codeOf(vendor, evil, { sequence: 4, expires: now - day }),
    codeOf(vendor, good, { sequence: 6 }),
    codeOf(vendor, ["https://older.contoso.example/"], { sequence: 5 }),
    codeOf(vendor, evil, { sequence: 7 }).slice(0, -20),
  ];
  assert.deepEqual(await told(state, texts), [
    "ANNOUNCEMENT_TRUNCATED",
    "ANNOUNCEMENT_FORGED",
    "ANNOUNCEMENT_EXPIRED",
    ["https://older.contoso.example/"],
    good,
  ]);
  const { lookUp: _, ...taken } = JSON.parse(
    Buffer.from(state.files.get("announcements.json") ?? []).toString(),
  ) as { readonly lookUp: unknown; readonly codes: readonly string[] };
  assert.equal(taken.codes.length, 2);
  state.files.set("announcements.json", Buffer.from(JSON.stringify(taken)));
  const replayed = codeOf(vendor, evil, { sequence: 6 });
  assert.deepEqual(await told(state, [...texts.slice(2, 4), replayed]), ["ANNOUNCEMENT_REPLAYED"]);
});

test("what a wildcard has below every name is no code, and nothing is said of it", async () => {
  const good = codeOf(vendor, ["https://new.contoso.example/"]);
  const others = Array.from({ length: 9 }, (_, at) => `v=spf1 include:_${at}.example -all`);
  const news = await told(new MemoryStore(before.files), [...others, good]);
  assert.deepEqual(news, [["https://new.contoso.example/"]]);
});

test("the DNS is asked once in a while, however often a machine tries", async () => {
  const state = new MemoryStore(before.files);
  const count = async (at: number): Promise<number> => {
    const machine = cutOff(() => Promise.reject(new Error("no server")), at);
    const client = clientOf(folder.path, [known], vendor.trust, machine, { state });
    await assert.rejects(client.check(product, wish), { code: "ROUTE_ALL_FAILED" });
    return machine.asked.length;
  };
  assert.equal(await count(now), 2);
  assert.equal(await count(now + 1_000), 0);
  assert.equal(await count(now + 23 * 60_000), 2);
  assert.equal(await count(now), 2, "a clock that was set back by a day makes no rest of a day");
});

test("many routes are no more than 16 questions, and no retired name is asked", async () => {
  const state = new MemoryStore(before.files);
  const announcements = await Announcements.open(
    state,
    await TrustState.open(state, undefined, now),
    now,
  );
  const bases = Array.from({ length: 30 }, (_, at) => new URL(`https://a.r${at}.example/`));
  const isRetired = ({ hostname }: URL): boolean => hostname === "a.r0.example";
  const machine = cutOff(() => Promise.resolve([]));
  const { signal } = new AbortController();
  const places = { bases, isRetired, hosts: [] };
  await lookUpAnnouncements(announcements, places, machine, signal, () => undefined);
  assert.equal(machine.asked.length, 16);
  assert.deepEqual(machine.asked.slice(0, 2), ["_causeway.r0.example", "_causeway.a.r1.example"]);
});

test("name servers that never answer, or that answer without end, hold up nobody", async () => {
  const state = new MemoryStore(before.files);
  const announcements = await Announcements.open(
    state,
    await TrustState.open(state, undefined, now),
    now,
  );
  const machine = cutOff((name) => {
    if (name.startsWith("_causeway.a.")) return new Promise(() => undefined);
    return Promise.resolve(Array.from({ length: 9_999 }, (_, at) => `text ${at}`));
  });
  const clock = {
    ...machine.clock,
    sleep: () => new Promise<void>((resolve) => void setImmediate(resolve)),
  };
  const places = { bases: [new URL(known)], isRetired: () => false, hosts: [] };
  const news: AnnouncementNews[] = [];
  const { signal } = new AbortController();
  const hasty = { ...machine, clock };
  await lookUpAnnouncements(announcements, places, hasty, signal, (each) => news.push(each));
  assert.equal(news.length, 8);
});

test("whose routes were all retired is led back in", async () => {
  const state = new MemoryStore(before.files);
  const retired = { _type: "causeway-retired-routes", keys: [], urls: [known], hosts: [] };
  state.files.set("retired-routes.json", Buffer.from(JSON.stringify(retired)));
  const machine = cutOff(async () => [codeOf(vendor, ["https://new.contoso.example/"])]);
  const client = clientOf(folder.path, [known], vendor.trust, machine, { state });
  await assert.rejects(client.check(product, wish), {
    code: "ROUTE_ALL_FAILED",
    message: /all 2 routes failed/,
  });
});
