import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { CausewayError } from "@causeway/kernel";
import { refreshState } from "../src/metadata/refresh.ts";
import { TrustState } from "../src/metadata/trust-state.ts";
import { noise, now, portsIn2030, startRoutes, startRun, Vendor } from "./support/field.ts";
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
async function check(
  store: MemoryStore,
  trust: Uint8Array | undefined,
  from = vendor,
): Promise<void> {
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
