import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type CausewayError, cataloguePath, type Store } from "@causeway/kernel";
import { lookUp } from "../src/metadata/metadata.ts";
import { refreshState } from "../src/metadata/refresh.ts";
import { TrustState } from "../src/metadata/trust-state.ts";
import { changedStore } from "./support/download-disk.ts";
import {
  noise,
  now,
  portsIn2030,
  product,
  startRoutes,
  startRun,
  Vendor,
} from "./support/field.ts";
import { MemoryStore } from "./support/memory-store.ts";

const ports = portsIn2030();
after(() => ports.transport.close());

function hasCode(code: string): (error: CausewayError) => boolean {
  return (error) => {
    assert.equal(error.code, code, error.message);
    return true;
  };
}

const vendor = new Vendor();
vendor.release("1.0", noise(1_000, 1));
const stranger = new Vendor();

/** One check over an honest route; the state of `store` afterwards. */
async function check(store: Store, trust: Uint8Array | undefined, from = vendor): Promise<void> {
  await using fleet = await startRoutes(["honest"], from.files());
  const run = await startRun(ports, store, trust, fleet.urls);
  await refreshState(run);
  run.state.requireClaimedRoot();
}

test("the first root is needed once", async () => {
  const store = new MemoryStore();
  await assert.rejects(check(store, undefined), hasCode("USAGE_TRUST_MISSING"));
  await check(store, vendor.trust);
  await check(store, undefined);
  await check(store, vendor.trust);
});

test("a wrong root does not stick before anything was accepted under it", async () => {
  const store = new MemoryStore();
  await assert.rejects(check(store, stranger.trust), hasCode("ROUTE_ALL_FAILED"));
  assert.equal(store.files.size, 0);
  await check(store, vendor.trust);
});

test("a state stays with its vendor", async () => {
  const store = new MemoryStore();
  await check(store, vendor.trust);
  await assert.rejects(check(store, stranger.trust), hasCode("USAGE_TRUST_CONFLICT"));
  await check(store, undefined);
});

test("a later root of the same chain is no conflict, even one that is news", async () => {
  const store = new MemoryStore();
  const rotating = new Vendor();
  rotating.release("1.0", noise(1_000, 1));
  await check(store, rotating.trust, rotating);
  rotating.repository.addKey("root");
  rotating.repository.publish("root");
  const second = rotating.repository.bytes("root");
  await check(store, second, rotating);
  await check(store, second, rotating);
  await check(store, rotating.trust, rotating);
});

test("what is no root is a wrong argument", async () => {
  for (const text of ["", "{}", "<html>"]) {
    const trust = new TextEncoder().encode(text);
    const opened = TrustState.open(new MemoryStore(), trust, now);
    await assert.rejects(opened, hasCode("USAGE_ARGUMENT"));
  }
});

test("damaged files are fetched again; only the pinned root must be given again", async () => {
  const whole = new MemoryStore();
  await check(whole, vendor.trust);
  for (const name of whole.files.keys()) {
    for (const damage of [
      new Uint8Array(),
      (whole.files.get(name) ?? new Uint8Array()).subarray(1),
    ]) {
      const store = new MemoryStore([...whole.files, [name, damage]]);
      if (name === "pinned-root.json") {
        await assert.rejects(check(store, undefined), hasCode("HOST_CORRUPT_STATE"));
      }
      await check(store, name === "pinned-root.json" ? vendor.trust : undefined);
      assert.deepEqual(new Map(store.files), new Map(whole.files), name);
    }
  }
});

/** A state of `vendor`, with a great many files that somebody else put there. */
async function crowdedState(): Promise<MemoryStore> {
  const whole = new MemoryStore();
  await check(whole, vendor.trust);
  const junk = new Uint8Array(20 * 1024 * 1024); // within the bounds of a targets role
  const crowd = Array.from({ length: 5_000 }, (_, at) => [
    [`metadata/role-${at}.json`, junk] as const,
    [`metadata/${at + 2}.root.json`, junk] as const,
    [`metadata/deep/${at}/root.json`, junk] as const,
  ]);
  return new MemoryStore([...crowd.flat(), ...whole.files]);
}

test("what nobody vouches for in a state is not read, however much it is", async () => {
  const store = await crowdedState();
  let reads = 0;
  let bytes = 0;
  const counting = changedStore(store, {
    async read(name, lengthMax) {
      const read = await store.read(name, lengthMax);
      reads++;
      bytes += read?.length ?? 0;
      return read;
    },
    list: () => assert.fail("nobody needs to know all that is there"),
  });
  await check(counting, undefined);
  assert.ok(reads <= 8 && bytes < 100_000, `${reads} reads of ${bytes} bytes`);
});

test("huge files under our own names are damage: bounded, and fetched again", async () => {
  const whole = new MemoryStore();
  await check(whole, vendor.trust);
  const huge = new Uint8Array(33 * 1024 * 1024);
  const ours = [...whole.files.keys()].filter((name) => name.startsWith("metadata/"));
  const store = new MemoryStore([...whole.files, ...ours.map((name) => [name, huge] as const)]);
  await check(store, undefined);
  assert.deepEqual(new Map(store.files), new Map(whole.files));
  store.files.set("pinned-root.json", huge);
  await assert.rejects(check(store, vendor.trust), hasCode("HOST_CORRUPT_STATE"));
});

test("a delegated role that an earlier run kept is not fetched again, unless it is damaged", async () => {
  const store = new MemoryStore();
  const lookAt = async (): Promise<number> => {
    await using fleet = await startRoutes(["honest"], vendor.files());
    const run = await startRun(ports, store, vendor.trust, fleet.urls);
    await refreshState(run);
    assert.ok((await lookUp(run, cataloguePath(product))) !== undefined);
    return fleet.servers.flatMap(({ requests }) => requests).filter((line) => /patches/.test(line))
      .length;
  };
  assert.equal(await lookAt(), 1);
  const [name, kept] = [...store.files].find(([each]) => each.includes("patches")) ?? [
    "",
    undefined,
  ];
  assert.equal(await lookAt(), 0);
  for (const damage of [new Uint8Array(), kept?.subarray(1), new Uint8Array(40 * 1024 * 1024)]) {
    store.files.set(name, damage ?? assert.fail("the role is kept"));
    assert.equal(await lookAt(), 1);
    assert.deepEqual(store.files.get(name), kept);
  }
});
