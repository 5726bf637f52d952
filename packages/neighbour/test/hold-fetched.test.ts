import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import { folderStore } from "@causeway/client/node";
import { CausewayError, hashedTargetPath, type Sha256, type TargetPath } from "@causeway/kernel";
import { clientOf, ports } from "../../client/test/support/customer.ts";
import {
  type Fleet,
  noise,
  now,
  product,
  startRoutes,
  Vendor,
} from "../../client/test/support/field.ts";
import { type HoldOptions, holdFetched } from "../src/hold-fetched.ts";
import { folderFor } from "./support/state.ts";

const signal = new AbortController().signal;

/** A vendor, a route to it, and a customer. */
class Place {
  readonly vendor = new Vendor();
  readonly folder: string;
  readonly fleet: Fleet;

  private constructor(folder: string, fleet: Fleet) {
    this.folder = folder;
    this.fleet = fleet;
  }

  static async make(t: TestContext): Promise<Place> {
    const fleet = await startRoutes(["honest"], new Map());
    t.after(() => fleet[Symbol.asyncDispose]());
    return new Place(folderFor(t), fleet);
  }

  get held(): string {
    return join(this.folder, "state", "held");
  }

  /** What was asked of the route since the last call. */
  #asked = 0;
  asked(): readonly string[] {
    const requests = this.fleet.servers[0]?.requests ?? [];
    const since = requests.slice(this.#asked);
    this.#asked = requests.length;
    return since;
  }

  release(version: string, bytes: Uint8Array): void {
    this.vendor.release(version, bytes);
    for (const server of this.fleet.servers) server.files = this.vendor.files();
  }

  /** Gets the newest, and holds it. */
  async getAndHold(options: Partial<HoldOptions> = {}): Promise<void> {
    const client = clientOf(this.folder, this.fleet.urls, this.vendor.trust);
    const store = folderStore(this.folder);
    const got = await client.get(product, {
      platform: "linux-x64",
      output: { store, name: "new" },
    });
    this.asked();
    await holdFetched({
      stateFolder: join(this.folder, "state"),
      got: { ...got, file: join(this.folder, got.file) },
      platform: "linux-x64",
      routes: this.fleet.urls,
      neighbours: [],
      ports,
      bytesMax: 10_000_000,
      lockWaitMs: 5_000,
      signal,
      ...options,
    });
  }

  /** What somebody gets who has what is held alone. */
  async getFromHeld(name: string, version?: string): Promise<Buffer> {
    const folder = join(this.folder, name);
    const client = clientOf(folder, [`${pathToFileURL(this.held).href}/`], this.vendor.trust);
    const output = { store: folderStore(folder), name: "new" };
    await client.get(product, { platform: "linux-x64", output, ...(version && { version }) });
    return readFileSync(join(folder, "new"));
  }

  pathOf(version: string, sha256: string): string {
    const path = `patches/${product}/${version}/any/reader.bin` as TargetPath;
    return join(this.held, "targets", hashedTargetPath(path, sha256 as Sha256));
  }
}

test("what was fetched is enough for the next machine, and cost hardly a request more", async (t) => {
  const place = await Place.make(t);
  const bytes = noise(300_000, 1);
  const { repository } = place.vendor;
  repository.delegate("targets", "others", { paths: ["others/*"] }); // of which nobody asks
  repository.publish("others");
  place.release("1.0", noise(1_000, 9));
  place.release("1.1", bytes);
  await place.getAndHold();
  const asked = place.asked();
  assert.equal(asked.length <= 3, true, asked.join());
  assert.equal(
    asked.every((line) => !line.endsWith("reader.bin")),
    true,
    asked.join(),
  );
  assert.deepEqual(await place.getFromHeld("next"), Buffer.from(bytes));
});

test("a newer state takes the older one's place, and what is held of it stays in order", async (t) => {
  const place = await Place.make(t);
  for (const [at, version] of ["1.0", "1.1", "1.2"].entries()) {
    place.release(version, noise(100_000, at + 1));
    const later = now + at * 2 * 3_600_000;
    await place.getAndHold({ ports: { ...ports, clock: { ...ports.clock, wall: () => later } } });
    assert.deepEqual(await place.getFromHeld(version), Buffer.from(noise(100_000, at + 1)));
    const root = join(place.held, "metadata", "1.root.json");
    assert.equal(existsSync(root), true, "who trusts it begins there");
  }
  const documents = readdirSync(join(place.held, "metadata"));
  assert.equal(documents.includes("3.snapshot.json"), true, "somebody may be under way with it");
  assert.equal(documents.includes("2.snapshot.json"), false, documents.join());
  assert.deepEqual(await place.getFromHeld("older", "1.1"), Buffer.from(noise(100_000, 2)));
  await assert.rejects(place.getFromHeld("oldest", "1.0"), CausewayError, "two stay of each");
});

test("what is held takes no more than it may, and what came with a bundle stays", async (t) => {
  const place = await Place.make(t);
  const old = noise(200_000, 1);
  place.release("1.0", old);
  await place.getAndHold();
  await assert.rejects(place.getAndHold({ bytesMax: 100_000 }), { code: "HOST_FULL" });
  assert.deepEqual(await place.getFromHeld("a"), Buffer.from(old));
  const names = [...place.vendor.files().keys()];
  const first = names.find((name) => name.endsWith("reader.bin")) ?? "none";
  assert.equal(existsSync(join(place.held, first)), true);
  place.release("1.1", noise(200_000, 2));
  await place.getAndHold({ bytesMax: 300_000 });
  assert.equal(existsSync(join(place.held, first)), false, "the oldest made room");
  const bundled = join(place.held, "targets", "bundled");
  writeFileSync(bundled, "here before");
  place.release("1.2", noise(200_000, 3));
  await place.getAndHold({ bytesMax: 300_000 });
  assert.equal(existsSync(bundled), true);
});

test("a record that is damaged, or names other files, removes none", async (t) => {
  const place = await Place.make(t);
  place.release("1.0", noise(50_000, 1));
  await place.getAndHold();
  const record = join(place.held, ".mirror", "fetched.json");
  const precious = join(place.folder, "state", "precious");
  mkdirSync(join(place.folder, "state"), { recursive: true });
  writeFileSync(precious, "precious");
  const placed = ["targets/../../precious", "../precious", "metadata/timestamp.json"];
  writeFileSync(record, JSON.stringify({ _type: "causeway-fetched", placed, releases: [] }));
  await place.getAndHold();
  assert.equal(readFileSync(precious, "utf8"), "precious");
  writeFileSync(record, "{");
  await place.getAndHold();
  assert.equal((await place.getFromHeld("a")).length, 50_000);
});

test("a file that was changed since is not held as it is", async (t) => {
  const place = await Place.make(t);
  const bytes = noise(50_000, 1);
  place.release("1.0", bytes);
  const store = folderStore(place.folder);
  await store.write("wrong", noise(50_000, 2));
  const client = clientOf(place.folder, place.fleet.urls, place.vendor.trust);
  const got = await client.get(product, { platform: "any", output: { store, name: "new" } });
  await holdFetched({
    stateFolder: join(place.folder, "state"),
    got: { ...got, file: join(place.folder, "wrong") },
    platform: "any",
    routes: place.fleet.urls,
    neighbours: [],
    ports,
    bytesMax: 1_000_000,
    lockWaitMs: 5_000,
    signal,
  });
  assert.deepEqual(readFileSync(place.pathOf("1.0", got.sha256)), Buffer.from(bytes));
});
