import assert from "node:assert/strict";
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { canonicalJson, type JsonInput, routeListPath } from "@causeway/kernel";
import { sha256Of } from "../src/disk/digest.ts";
import { signDocument } from "../src/documents/document.ts";
import { encodeEntries } from "../src/documents/targets.ts";
import { listKeys, type RouteEdit, refresh, type Signed, signPending } from "../src/index.ts";
import { Keyring } from "../src/keys/keyring.ts";
import { readPublished } from "../src/publish/published.ts";
import { encodeWaitingList } from "../src/routes/waiting-list.ts";
import { VendorFolder } from "../src/vendor-folder.ts";
import { configOf, edited, listIn, statesIn } from "./support/routes.ts";
import { treeDigests } from "./support/tree-digests.ts";
import { day, TestVendor } from "./support/vendor.ts";

const add: RouteEdit = { kind: "add", id: "a", urls: ["https://a.example/"] };
const addB = { kind: "add", id: "b", urls: ["https://b.example/"] } as const;

/** A vendor with one of two keys of routes that must agree; the other is in a safe, with a mirror. */
class TwoMachines {
  readonly vendor: TestVendor;
  readonly safe: string;
  readonly stick: string;

  private constructor(vendor: TestVendor) {
    this.vendor = vendor;
    this.safe = join(vendor.parent, "safe");
    this.stick = join(vendor.parent, "stick");
  }

  static async make(t: TestContext): Promise<TwoMachines> {
    const vendor = await TestVendor.make(t, { routesThreshold: 2, routesKeys: 2 });
    const machines = new TwoMachines(vendor);
    await mkdir(join(machines.safe, "keys"), { recursive: true });
    await mkdir(machines.stick);
    const keys = await readdir(vendor.path("keys"));
    const name = keys.find((file) => file.startsWith("routes-")) ?? "";
    await rename(vendor.path("keys", name), join(machines.safe, "keys", name));
    await machines.mirror();
    return machines;
  }

  /** The second machine follows what is public. */
  async mirror(): Promise<void> {
    await cp(this.vendor.repository, join(this.safe, "repository"), { recursive: true });
  }

  pending(version: number): string {
    return this.vendor.path("keys", "pending", `${version}.routes.json`);
  }

  onStick(version: number): string {
    return join(this.stick, `${version}.routes.json`);
  }

  async take(version: number): Promise<string> {
    await cp(this.pending(version), this.onStick(version));
    return this.onStick(version);
  }

  async bringBack(version: number): Promise<void> {
    await mkdir(this.vendor.path("keys", "pending"), { recursive: true });
    await cp(this.onStick(version), this.pending(version));
  }

  sign(version: number, isDry = false): Promise<Signed> {
    const file = this.onStick(version);
    return signPending(this.safe, { file, isDry, ...this.vendor.common() });
  }

  async waits(): Promise<readonly string[]> {
    return readdir(this.vendor.path("keys", "pending")).catch(() => []);
  }
}

test("a change waits for the key of another machine, which shows it, and then goes out", async (t) => {
  const machines = await TwoMachines.make(t);
  const { vendor } = machines;
  const before = await treeDigests(vendor.repository);
  const { waiting, changes, routes, versions } = await edited(vendor, add);
  const file = "keys/pending/2.routes.json";
  assert.deepEqual(waiting, { role: "routes", file, version: 2, signatures: 1, threshold: 2 });
  assert.deepEqual([changes.map(({ id }) => id), routes, versions["routes"]], [["a"], [], 1]);
  assert.deepEqual(await treeDigests(vendor.repository), before);
  assert.deepEqual((await listKeys(vendor.dir)).pending, [waiting]);
  const again = await edited(vendor, add);
  assert.deepEqual(again.waiting, waiting, "asked for once more it waits as it is");
  assert.deepEqual((await refresh(vendor.dir, vendor.common())).refreshed, [], "one is too few");

  const taken = await readFile(await machines.take(2));
  const looked = await machines.sign(2, true);
  assert.deepEqual(looked.added, []);
  assert.deepEqual(await readFile(machines.onStick(2)), taken);
  const signed = await machines.sign(2);
  assert.deepEqual(signed.own, { signatures: 2, threshold: 2 });
  const [change] = signed.routes?.changes ?? [];
  assert.deepEqual([change?.before, change?.after?.urls], [null, ["https://a.example/"]]);
  await machines.bringBack(2);
  for (const name of await readdir(vendor.path("keys"))) {
    if (/^(?:routes|patches|targets|root)-/.test(name)) await rm(vendor.path("keys", name));
  }
  const { refreshed } = await refresh(vendor.dir, vendor.common());
  assert.deepEqual(refreshed, ["routes", "snapshot", "timestamp"]);
  assert.deepEqual(await statesIn(vendor.repository, vendor.now), { a: "active" });
  assert.deepEqual(await machines.waits(), []);
  assert.deepEqual((await refresh(vendor.dir, vendor.common())).refreshed, []);
});

test("the same command, or a publish, takes the signature up as well", async (t) => {
  const machines = await TwoMachines.make(t);
  const { vendor } = machines;
  for (const [at, finish] of [() => edited(vendor, add), () => vendor.publish()].entries()) {
    const version = at + 2;
    await edited(vendor, at === 0 ? add : addB);
    await machines.take(version);
    await machines.sign(version);
    await machines.bringBack(version);
    await finish();
    assert.equal((await listIn(vendor.repository, vendor.now)).routes.length, at + 1);
    assert.deepEqual(await machines.waits(), []);
    await machines.mirror();
  }
});

test("a patch is published beside a list that waits, and the public list stays while it lasts", async (t) => {
  const machines = await TwoMachines.make(t);
  const { vendor } = machines;
  await edited(vendor, add);
  await vendor.add({ version: "1.0" });
  const { versions, patches } = await vendor.publish();
  assert.deepEqual([versions["routes"], patches], [1, 1]);
  assert.match(vendor.warnings.at(-1) ?? "", /routes stays at version 1 .* has 1 of 2 signatures/);
  assert.deepEqual(await machines.waits(), ["2.routes.json"]);
  vendor.now += 91 * day;
  await assert.rejects(vendor.publish(), { code: "KEY_THRESHOLD", message: /has expired/ });
});

test("a patch is published where no key of routes is, while the public list lasts", async (t) => {
  const vendor = await TestVendor.make(t);
  await edited(vendor, add);
  const keys = await readdir(vendor.path("keys"));
  const name = keys.find((file) => file.startsWith("routes-")) ?? "";
  await rename(vendor.path("keys", name), join(vendor.parent, name));
  const begun = vendor.now;
  for (const [at, days] of [1, 46, 89].entries()) {
    vendor.now = begun + days * day;
    vendor.lines.length = 0;
    await vendor.add({ version: `1.${at}` });
    const { versions, patches } = await vendor.publish();
    assert.deepEqual([versions["routes"], patches], [2, at + 1]);
    const told = vendor.warnings.some((text) => /routes stays .* none of its keys/.test(text));
    assert.equal(told, days > 45);
  }
  vendor.now = begun + 91 * day;
  await assert.rejects(vendor.publish(), { code: "KEY_MISSING" });
});

test("a renewal takes the place of one that ran out, and who has no mirror of the old list is told", async (t) => {
  const machines = await TwoMachines.make(t);
  const { vendor } = machines;
  await edited(vendor, add);
  await machines.take(2);
  await machines.sign(2);
  await machines.bringBack(2);
  await edited(vendor, add);
  for (const [days, version] of [
    [91, 3],
    [95, 4],
  ] as const) {
    vendor.now += days * day;
    await refresh(vendor.dir, vendor.common());
    await assert.rejects(vendor.publish(), { code: "KEY_THRESHOLD" });
    assert.deepEqual(await machines.waits(), [`${version}.routes.json`]);
    const pending = (await listKeys(vendor.dir)).pending.map(({ file }) => file);
    assert.deepEqual(pending, [`keys/pending/${version}.routes.json`]);
    if (version === 4) continue;
    // A mirror that was begun by now.
    await machines.mirror();
    const targets = join(machines.safe, "repository", "targets");
    for (const name of await readdir(targets)) {
      if (name.endsWith(".routes.json")) await rm(join(targets, name));
    }
    await machines.take(3);
    await assert.rejects(machines.sign(3), {
      code: "USAGE_ARGUMENT",
      message: /list of routes, which has expired, .* a copy of the vendor's own repository/,
    });
    await machines.mirror();
    assert.deepEqual((await machines.sign(3)).own, { signatures: 2, threshold: 2 });
  }
});

test("the other machine refuses what is stale, foreign, or changed", async (t) => {
  const machines = await TwoMachines.make(t);
  const { vendor } = machines;
  await edited(vendor, add);
  const good = await readFile(await machines.take(2));
  const refused = async (code: string, message: RegExp, bytes: Uint8Array): Promise<void> => {
    await writeFile(machines.onStick(2), bytes);
    await assert.rejects(machines.sign(2), { code, message });
    assert.deepEqual(
      await readFile(machines.onStick(2)),
      Buffer.from(bytes),
      "it is left as it is",
    );
  };
  const { list, signed, signatures } = JSON.parse(good.toString()) as {
    readonly list: object;
    readonly signed: object;
    readonly signatures: readonly object[];
  };
  const other = (parts: object): Buffer => {
    return Buffer.from(JSON.stringify({ list, signed, signatures, ...parts }));
  };
  const moved = { list: { ...list, version: 9 } };
  const longer = { signed: { ...signed, expires: "2027-08-12T09:00:00Z" } };
  await refused("TRUST_MISMATCH", /its list/, other(moved));
  await refused("TRUST_THRESHOLD", /not what \w{8} has signed/, other(longer));
  await refused("TRUST_THRESHOLD", /nobody/, other({ signatures: [] }));
  await refused("TRUST_MALFORMED", /"list"/, other({ list: undefined }));
  await refused("TRUST_MALFORMED", /./, good.subarray(0, 400));

  const stranger = await TwoMachines.make(t);
  await edited(stranger.vendor, add);
  await refused("TRUST_THRESHOLD", /no key of these routes/, await readFile(stranger.pending(2)));
  await writeFile(machines.onStick(2), good);
  const noKey = signPending(stranger.safe, { file: machines.onStick(2), ...vendor.common() });
  await assert.rejects(noKey, { code: "TRUST_THRESHOLD" });
  await rm(join(machines.safe, "repository"), { recursive: true });
  await assert.rejects(machines.sign(2), { code: "USAGE_ARGUMENT", message: /causeway mirror/ });
});

/** A list that the first machine's key has signed, whatever it says. */
async function forged({ vendor }: TwoMachines, list: object, version = 2): Promise<Uint8Array> {
  const keyring = await Keyring.open(new VendorFolder(vendor.dir), vendor.common());
  const { delegatedKeys } = await readPublished(vendor.repository);
  const keys = { ...delegatedKeys.routes, threshold: 1 };
  const listBytes = canonicalJson(list as JsonInput);
  const length = listBytes.length;
  const entry = { path: routeListPath, length, sha256: sha256Of(listBytes) };
  const document = await signDocument(
    (number, expires) => encodeEntries(number, expires, [entry]),
    version,
    vendor.now + day,
    await keyring.signers("routes", keys),
  );
  return encodeWaitingList(document, listBytes);
}

test("a first key that was stolen gets no second signature for what was retired, or cannot be read", async (t) => {
  const machines = await TwoMachines.make(t);
  const list = { _type: "causeway-routes", routes: [], version: 2 };
  await writeFile(machines.onStick(2), await forged(machines, list));
  assert.deepEqual((await machines.sign(2, true)).routes?.changes, []);
  const late = { ...machines.vendor.common(), now: () => machines.vendor.now + day };
  const expired = signPending(machines.safe, { file: machines.onStick(2), ...late });
  await assert.rejects(expired, {
    code: "TRUST_EXPIRED",
    message: /^2\.routes\.json: it was good/,
  });
  const route = { id: "x", urls: ["https://x.example/"], kind: "origin", priority: 1, weight: 1 };
  const odd = { ...list, routes: [{ ...route, state: "hidden" }] };
  for (const [code, message, bytes] of [
    ["TRUST_MALFORMED", /more than this version/, await forged(machines, odd)],
    ["TRUST_VERSION", /too far above/, await forged(machines, list, 2 ** 40)],
    ["TRUST_VERSION", /does not follow/, await forged(machines, { ...list, version: 7 })],
  ] as const) {
    await writeFile(machines.onStick(2), bytes);
    await assert.rejects(machines.sign(2), { code, message });
  }

  const retire: RouteEdit = { kind: "retire", id: "a", isForced: true };
  for (const [version, edit] of [
    [2, add],
    [3, retire],
  ] as const) {
    await edited(machines.vendor, edit);
    await machines.take(version);
    await machines.sign(version);
    await machines.bringBack(version);
    await edited(machines.vendor, edit);
    await machines.mirror();
  }
  await writeFile(machines.onStick(4), await forged(machines, { ...list, version: 4 }, 4));
  await assert.rejects(machines.sign(4), {
    code: "TRUST_ROLLBACK",
    message: /a was retired for good/,
  });
});

test("of two changes at once one wins, and the other is told, here and on the other machine", async (t) => {
  const machines = await TwoMachines.make(t);
  const { vendor } = machines;
  await edited(vendor, add);
  const first = await readFile(await machines.take(2));
  await machines.sign(2);
  // Another change in the same folder takes the place of the one that is under way.
  const { waiting } = await edited(vendor, addB);
  assert.equal(waiting?.version, 3);
  assert.match(
    vendor.warnings.at(-1) ?? "",
    /2\.routes\.json was dropped, .* 3\.routes\.json waits in its place/,
  );
  await machines.bringBack(2);
  const still = await edited(vendor, addB);
  assert.equal(still.waiting?.version, 3, "one that comes back late brings nothing out");
  await machines.take(3);
  const signed = await machines.sign(3);
  assert.deepEqual(
    signed.routes?.changes.map(({ id }) => id),
    ["a", "b"],
  );
  await machines.bringBack(3);
  await edited(vendor, addB);
  assert.deepEqual(await statesIn(vendor.repository, vendor.now), { a: "active", b: "active" });
  await machines.mirror();
  await writeFile(machines.onStick(2), first);
  await assert.rejects(machines.sign(2), {
    code: "TRUST_ROLLBACK",
    message: /somebody was quicker/,
  });
  await machines.bringBack(2);
  await vendor.publish();
  assert.match(vendor.warnings.at(-1) ?? "", /2\.routes\.json was dropped, .* at version 3/);
  assert.deepEqual(await machines.waits(), []);
});

test("a change that is taken back by an edit waits no longer; one that follows another state is refused", async (t) => {
  const machines = await TwoMachines.make(t);
  const { vendor } = machines;
  const text = await configOf(vendor);
  await edited(vendor, add);
  await machines.take(2);
  await machines.sign(2);
  await vendor.configure(text);
  await vendor.publish();
  assert.deepEqual(await machines.waits(), []);
  await machines.bringBack(2);
  await refresh(vendor.dir, vendor.common());
  assert.deepEqual((await listIn(vendor.repository, vendor.now)).routes, []);

  await rm(machines.pending(2));
  await edited(vendor, add);
  await machines.take(2);
  await machines.sign(2);
  await machines.bringBack(2);
  await edited(vendor, add);
  await edited(vendor, addB);
  await rename(await machines.take(3), machines.onStick(2));
  const renamed = machines.sign(2); // by its content it is 3, and the mirror here still has 1
  await assert.rejects(renamed, { code: "TRUST_VERSION", message: /does not follow routes 1/ });
});

test("what is sealed waits as well, and who lacks the keys of shards is told that it cannot be read", async (t) => {
  const machines = await TwoMachines.make(t);
  const { vendor } = machines;
  await edited(vendor, add);
  const sealed: RouteEdit = { ...addB, shard: "next" };
  assert.equal((await edited(vendor, sealed)).waiting?.version, 3);
  assert.equal((await edited(vendor, sealed)).waiting?.version, 3, "it is not sealed anew");
  await machines.take(3);
  const blind = await machines.sign(3, true);
  assert.deepEqual(blind.routes?.unreadable, [{ shard: 1, routes: 1 }]);
  await cp(vendor.path("keys", "shards.json"), join(machines.safe, "keys", "shards.json"));
  const signed = await machines.sign(3);
  assert.deepEqual(signed.routes?.unreadable, []);
  assert.deepEqual(
    signed.routes?.changes.map(({ after }) => after?.sealed),
    [undefined, 1],
  );
  await machines.bringBack(3);
  await edited(vendor, sealed);
  assert.equal((await listIn(vendor.repository, vendor.now)).sealed?.length, 1);
});

test("what lies in keys/pending and is no such list, or is signed by no key, is told and passed over", async (t) => {
  const machines = await TwoMachines.make(t);
  const { vendor } = machines;
  const stranger = await TwoMachines.make(t);
  await edited(stranger.vendor, add);
  await mkdir(vendor.path("keys", "pending"));
  await cp(stranger.pending(2), machines.pending(2));
  await writeFile(machines.pending(3), "{");
  await writeFile(machines.pending(99_999), "{}"); // takes no numbers away
  const { waiting } = await edited(vendor, add);
  assert.equal(waiting?.version, 4);
  assert.match(vendor.warnings.join("\n"), /2\.routes\.json is passed over: .* no key of routes/);
  assert.match(vendor.warnings.join("\n"), /3\.routes\.json is passed over/);
  assert.deepEqual(await machines.waits(), ["4.routes.json"]);
});
