import assert from "node:assert/strict";
import { test } from "node:test";
import type { AnnouncementCode, RepositoryId, RouteEntry, RouteId } from "@causeway/kernel";
import fc from "fast-check";
import { makeKey } from "../../trust/test/support/test-key.ts";
import { day, now } from "../../trust/test/support/test-repository.ts";
import { takeAnnouncement } from "../src/known/known-routes.ts";
import { TrustState } from "../src/metadata/trust-state.ts";
import { Announcements } from "../src/routes/announced/announcements.ts";
import {
  type AnnouncementNews,
  droppedFile,
  takeDropped,
} from "../src/routes/announced/dropped.ts";
import { codeOf, type Said } from "./support/announce.ts";
import { Vendor } from "./support/field.ts";
import { MemoryStore } from "./support/memory-store.ts";

const urls = ["https://eu.contoso.example/", "https://us.contoso.example/"];
const kept = "announcements.json";

function entry(name: string): RouteEntry {
  const id = name as RouteId;
  const url = `https://${name}.example/`;
  return { id, urls: [url], kind: "mirror", priority: 1, weight: 1, state: "active" };
}

/** A vendor who has published, and a state that has met it. */
function known(): { readonly vendor: Vendor; readonly store: MemoryStore } {
  const vendor = new Vendor();
  vendor.routes({ version: 1, routes: [entry("a")] });
  vendor.release("1.0", new Uint8Array(9));
  return { vendor, store: stateOf(vendor) };
}

/** A state that trusts what the vendor has published last. */
function stateOf({ repository, trust }: Vendor, before = new MemoryStore()): MemoryStore {
  before.files.set("pinned-root.json", trust);
  for (const role of ["timestamp", "snapshot", "targets"]) {
    before.files.set(`metadata/${role}.json`, repository.bytes(role));
  }
  return before;
}

function changeKeys(vendor: Vendor): void {
  const { repository } = vendor;
  const { delegations } = repository.role("targets");
  if (delegations === undefined) return;
  delegations.roles = (delegations.roles ?? []).filter(({ name }) => name !== "routes");
  repository.signers.delete("routes");
  repository.delegate("targets", "routes", { paths: ["routes.json"] });
  vendor.publish();
}

async function open(store: MemoryStore, at = now): Promise<Announcements> {
  return Announcements.open(store, await TrustState.open(store, undefined, at), at);
}

async function refusal(store: MemoryStore, text: string): Promise<AnnouncementCode | "taken"> {
  try {
    await takeAnnouncement(store, text, now);
    return "taken";
  } catch (error) {
    return (error as { code: AnnouncementCode }).code;
  }
}

const { vendor, store } = known();
const strange = makeKey();
const foreign = "0123456789abcdef" as RepositoryId;
const refused: readonly (readonly [AnnouncementCode, Said, ((text: string) => string)?])[] = [
  ["ANNOUNCEMENT_FORGED", { key: strange }],
  ["ANNOUNCEMENT_EXPIRED", { expires: now }],
  ["ANNOUNCEMENT_ENDLESS", { expires: now + 92 * day }],
  ["ANNOUNCEMENT_FOREIGN", { repository: foreign }],
  ["ANNOUNCEMENT_TRUNCATED", {}, (text) => text.slice(0, -12)],
  ["ANNOUNCEMENT_MISTYPED", {}, (text) => text.replace(/.-/, "U-")],
  ["ANNOUNCEMENT_REPLAYED", { sequence: 1 }],
];

for (const [code, said, change = (text: string) => text] of refused) {
  test(`refused as ${code}, typed or dropped, and nothing has changed`, async () => {
    const own = new MemoryStore(store.files);
    await takeAnnouncement(own, codeOf(vendor, urls, { sequence: 4 }), now);
    const before = own.files.get(kept);
    const text = change(codeOf(vendor, ["https://evil.example/"], { sequence: 5, ...said }));
    assert.equal(await refusal(own, text), code);
    const news: AnnouncementNews[] = [];
    own.files.set(droppedFile, Buffer.from(text));
    await takeDropped(await open(own), own, (each) => news.push(each));
    assert.deepEqual(
      news.map(({ from, urls: brought, refused: why }) => [from, brought, why?.code]),
      [[droppedFile, undefined, code]],
    );
    assert.equal(own.files.get(kept), before);
    assert.deepEqual((await open(own)).urls, urls);
  });
}

test("what was taken is good in later runs, until it ends", async () => {
  const own = new MemoryStore(store.files);
  await takeAnnouncement(own, codeOf(vendor, urls, { sequence: 7, expires: now + day }), now);
  const other = ["https://new.contoso.example/"];
  await takeAnnouncement(own, codeOf(vendor, other, { sequence: 8, expires: now + 2 * day }), now);
  assert.deepEqual((await open(own)).urls, [...other, ...urls]);
  assert.deepEqual((await open(own, now + day)).urls, other);
  assert.deepEqual((await open(own, now + 2 * day)).urls, []);
  assert.equal(await refusal(own, codeOf(vendor, urls, { sequence: 8 })), "ANNOUNCEMENT_REPLAYED");
});

test("a file is taken once, whoever wrote it how, and is no replay when it is seen again", async () => {
  const own = new MemoryStore(store.files);
  const text = codeOf(vendor, urls);
  const utf16 = Buffer.concat([
    Buffer.of(0xff, 0xfe),
    Buffer.from(text.replaceAll("-", "\r\n"), "utf16le"),
  ]);
  const news: AnnouncementNews[] = [];
  for (const bytes of [utf16, utf16, Buffer.from(text.toLowerCase())]) {
    own.files.set(droppedFile, bytes);
    await takeDropped(await open(own), own, (each) => news.push(each));
  }
  assert.deepEqual([...news], [{ from: droppedFile, urls }]);
  assert.deepEqual((await open(own)).urls, urls);
  await takeDropped(await open(own, now + day), own, (each) => news.push(each));
  assert.equal(news.length, 1, "nor when it has ended");
});

test("a file that is too long, or cannot be read, is told of and stops nobody", async () => {
  const own = new MemoryStore(store.files);
  own.files.set(droppedFile, new Uint8Array(8_193));
  const news: AnnouncementNews[] = [];
  await takeDropped(await open(own), own, (each) => news.push(each));
  assert.deepEqual(
    news.map(({ refused: why }) => why?.code),
    ["HOST_CORRUPT_STATE"],
  );
});

test("new keys of routes end what others have signed, and the numbers that those got to", async () => {
  const own = known();
  const [stolen] = own.vendor.repository.signers.get("routes") ?? [];
  assert.ok(stolen);
  const last = { sequence: 4_294_967_295, key: stolen };
  await takeAnnouncement(own.store, codeOf(own.vendor, ["https://evil.example/"], last), now);
  assert.equal(await refusal(own.store, codeOf(own.vendor, urls)), "ANNOUNCEMENT_REPLAYED");
  changeKeys(own.vendor);
  stateOf(own.vendor, own.store);
  assert.deepEqual((await open(own.store)).urls, []);
  assert.equal(await refusal(own.store, codeOf(own.vendor, urls, last)), "ANNOUNCEMENT_FORGED");
  assert.equal(await refusal(own.store, codeOf(own.vendor, urls)), "taken");
  assert.deepEqual((await open(own.store)).urls, urls);
});

test("a state that does not know who may sign says so", async () => {
  const own = new MemoryStore([["pinned-root.json", vendor.trust]]);
  await assert.rejects(takeAnnouncement(own, codeOf(vendor, urls), now), {
    code: "ANNOUNCEMENT_UNKNOWN",
    message: /or the announcement's own \(--route https:\/\/eu\.contoso\.example\/\)/,
  });
  await assert.rejects(takeAnnouncement(new MemoryStore(), codeOf(vendor, urls), now), {
    code: "USAGE_TRUST_MISSING",
    message: /causeway get PRODUCT --trust ROOT\.json --route https:\/\/eu\.contoso\.example\/\.$/,
  });
});

test("a damaged record is as none, and a code in it that nobody signed is not used", async () => {
  const own = new MemoryStore(store.files);
  await takeAnnouncement(own, codeOf(vendor, urls, { sequence: 7 }), now);
  const record = Buffer.from(own.files.get(kept) ?? []).toString();
  own.files.set(kept, Buffer.from(record.slice(0, 99)));
  assert.deepEqual((await open(own)).urls, []);
  assert.equal(await refusal(own, codeOf(vendor, urls)), "taken");
  const evil = codeOf(vendor, ["https://evil.example/"], { key: strange });
  const forged = record.replace(/"codes":\[.*?\]/, `"codes":["${evil}"]`);
  assert.notEqual(forged, record);
  own.files.set(kept, Buffer.from(forged));
  assert.deepEqual((await open(own)).urls, []);
});

test("of many announcements the four newest are kept", async () => {
  const own = new MemoryStore(store.files);
  for (let sequence = 1; sequence <= 10; sequence++) {
    await takeAnnouncement(
      own,
      codeOf(vendor, [`https://r${sequence}.example/`], { sequence }),
      now,
    );
  }
  const hosts = (await open(own)).urls.map((url) => new URL(url).host);
  assert.deepEqual(hosts, ["r10.example", "r9.example", "r8.example", "r7.example"]);
});

test("a clock that is out of the question keeps no announcement out", async () => {
  const text = codeOf(vendor, urls, { expires: now + 7 * day });
  for (const wrong of [0, now - 4 * 365 * day]) {
    const own = new MemoryStore(store.files);
    const signed = vendor.repository.timestamp;
    signed["x-causeway-signed-at"] = new Date(now - 200 * day).toISOString().replace(".000", "");
    vendor.publish();
    stateOf(vendor, own);
    assert.deepEqual((await (await open(own, wrong)).take(text)).urls, urls);
  }
});

test("no code that was changed anywhere is taken", async () => {
  const text = codeOf(vendor, urls).replaceAll("-", "");
  const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ".split("");
  const change = fc.tuple(fc.nat(text.length - 1), fc.constantFrom(...letters, ""));
  const announcements = await open(new MemoryStore(store.files));
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 40 }), async (changes) => {
      const characters = text.split("");
      for (const [at, letter] of changes) characters[at] = letter;
      const changed = characters.join("");
      fc.pre(changed !== text);
      await assert.rejects(announcements.take(changed), { name: "AnnouncementError" });
    }),
    { numRuns: 300 },
  );
  assert.deepEqual(announcements.urls, []);
});

test("a role of very many keys is no reason to forget what was taken", async () => {
  const own = known();
  const { delegations } = own.vendor.repository.role("targets");
  const role = delegations?.roles?.find(({ name }) => name === "routes");
  assert.ok(delegations && role);
  for (let seed = 1; seed < 250; seed++) {
    const key = makeKey("ed25519", seed);
    delegations.keys[key.keyid] = key.document;
    role.keyids.push(key.keyid);
  }
  own.vendor.publish();
  stateOf(own.vendor, own.store);
  await takeAnnouncement(own.store, codeOf(own.vendor, urls), now);
  assert.deepEqual((await open(own.store)).urls, urls);
});
