import assert from "node:assert/strict";
import { after, suite, test } from "node:test";
import { type CausewayError, cataloguePath, NoRouteDelivered } from "@causeway/kernel";
import { clientLimits } from "../src/limits.ts";
import { lookUp } from "../src/metadata/metadata.ts";
import { refreshState } from "../src/metadata/refresh.ts";
import type { RouteHealth } from "../src/routes/route-fault.ts";
import { type Behaviour, type Fault, type Files, faults } from "./support/faulty-route.ts";
import { noise, portsIn2030, product, startRoutes, startRun, Vendor } from "./support/field.ts";
import { MemoryStore } from "./support/memory-store.ts";
import { permutations } from "./support/permutations.ts";
import { quickLimits } from "./support/quick.ts";

const ports = portsIn2030();
after(() => ports.transport.close());

const vendor = new Vendor();
vendor.release("1.0", noise(200_000, 1));
const old = vendor.files();
vendor.release("1.1", noise(200_000, 2));
const files = vendor.files();
// Deadlines as in the field, but a shorter look around.
const patient = {
  ...clientLimits,
  metadata: { ...clientLimits.metadata, hedgeMs: 60, secondOpinionMs: 500 },
};
const newest = vendor.repository.timestamp.version;

/** What a route that behaves so is reported as. */
const states: Partial<Record<Fault, readonly RouteHealth[]>> = {
  "hangs-in-body": ["slow"],
  drips: ["slow"],
  lies: ["lying"],
  endless: ["lying"],
  "login-page": ["lying"],
  gzips: ["lying"],
  multipart: ["lying"],
  "wrong-range": ["lying"],
  "ignores-ranges": ["ok"],
};

async function checkOver(behaviours: readonly Behaviour[]): Promise<void> {
  await using fleet = await startRoutes(behaviours, files);
  const run = await startRun(ports, new MemoryStore(), vendor.trust, fleet.urls);
  await refreshState(run);
  assert.equal(run.state.set.versions().get("timestamp"), newest);
  for (const [at, behaviour] of behaviours.entries()) {
    const report = run.routes.all[at]?.report;
    const expected = behaviour === "honest" ? ["ok"] : (states[behaviour as Fault] ?? ["dead"]);
    assert.ok(expected.includes(report?.state ?? "ok"), `${behaviour}: ${JSON.stringify(report)}`);
    assert.equal(report?.why === null, report?.state === "ok");
  }
}

suite("one honest route among four is enough, wherever it stands", { concurrency: 6 }, () => {
  for (const fault of faults) {
    for (const place of [0, 1, 2, 3]) {
      const behaviours: Behaviour[] = [fault, fault, fault];
      behaviours.splice(place, 0, "honest");
      test(`${fault}, honest is number ${place + 1}`, () => checkOver(behaviours));
    }
  }
  for (const order of permutations(["hangs-before-headers", "dead", "lies", "honest"] as const)) {
    test(order.join(", "), () => checkOver(order));
  }
});

/** Refreshes one fresh client over routes that have these files, all answering honestly. */
async function refreshOver(
  store: MemoryStore,
  ...carried: readonly Files[]
): Promise<{ readonly states: readonly string[]; readonly state: number | undefined }> {
  await using fleet = await startRoutes(
    carried.map(() => "honest"),
    files,
  );
  for (const [at, server] of fleet.servers.entries()) server.files = carried[at] ?? files;
  const run = await startRun(ports, store, vendor.trust, fleet.urls);
  await refreshState(run);
  const catalogue = await lookUp(run, cataloguePath(product));
  assert.ok(catalogue, "the state is of one piece, so it can be searched");
  return {
    states: run.routes.all.map((route) => route.state),
    state: run.state.set.versions().get("timestamp"),
  };
}

test("a frozen route is found, not believed, wherever it stands", async () => {
  const found = { states: ["stale", "ok"], state: newest };
  assert.deepEqual(await refreshOver(new MemoryStore(), old, files), found);
  assert.deepEqual(await refreshOver(new MemoryStore(), files, old), {
    ...found,
    states: ["ok", "stale"],
  });
  const many = await refreshOver(new MemoryStore(), old, old, old, old, old, files);
  assert.deepEqual(many, { states: [...Array(5).fill("stale"), "ok"], state: newest });
});

test("nothing goes back: what is older than the trusted state is stale", async () => {
  const store = new MemoryStore();
  await refreshOver(store, files);
  const before = new Map(store.files);
  await assert.rejects(refreshOver(store, old), (error: unknown) => {
    assert.ok(error instanceof NoRouteDelivered);
    assert.match(error.message, new RegExp(`known is state ${newest}, good until 2030-01-31`));
    assert.deepEqual(codesOf(error), ["TRUST_ROLLBACK"]);
    return true;
  });
  assert.deepEqual(store.files, before);
});

function codesOf(error: NoRouteDelivered): readonly string[] {
  return error.attempts.map((attempt: { readonly error: CausewayError }) => attempt.error.code);
}

/** A route's files without, or with other ones. */
function changed(base: Files, changes: Readonly<Record<string, Uint8Array | undefined>>): Files {
  return { get: (path) => (path in changes ? changes[path] : base.get(path)) };
}

test("a route that knows of a newer state, but lacks it, keeps nobody from the last one", async () => {
  const torn = changed(files, { [`metadata/${newest}.snapshot.json`]: undefined });
  const store = new MemoryStore();
  assert.deepEqual(await refreshOver(store, torn, old), {
    states: ["dead", "ok"],
    state: newest - 1,
  });
  assert.deepEqual(await refreshOver(store, torn, old, files), {
    states: ["dead", "stale", "ok"],
    state: newest,
  });
});

test("steps that were passed count, although no route had the whole", async () => {
  const torn = changed(files, { [`metadata/${newest}.snapshot.json`]: undefined });
  const store = new MemoryStore();
  await assert.rejects(refreshOver(store, torn), NoRouteDelivered);
  await assert.rejects(refreshOver(store, old), NoRouteDelivered, "its timestamp is older");
  assert.equal((await refreshOver(store, files)).state, newest);
});

test("a bucket that says 403 of what it does not have is a good route", async () => {
  await using fleet = await startRoutes(["honest-403"], files);
  const run = await startRun(ports, new MemoryStore(), vendor.trust, fleet.urls);
  await refreshState(run);
  assert.equal(run.state.set.versions().get("timestamp"), newest);
  assert.equal(run.routes.all[0]?.state, "ok");
});

test("a root that one route does not have yet is found over another", async () => {
  const rotated = new Vendor();
  rotated.release("1.0", noise(1_000, 1));
  const before = rotated.files();
  rotated.repository.addKey("root");
  rotated.repository.publish("root");
  rotated.publish();
  const files2 = rotated.files();
  const withoutRoot = changed(files2, { "metadata/2.root.json": undefined });
  for (const carried of [
    [withoutRoot, files2],
    [before, files2],
    [files2, before],
  ]) {
    await using fleet = await startRoutes(["honest", "honest"], before);
    for (const [at, server] of fleet.servers.entries()) server.files = carried[at] ?? before;
    const run = await startRun(ports, new MemoryStore(), rotated.trust, fleet.urls);
    await refreshState(run);
    assert.equal(run.state.set.root.version, 2);
    assert.deepEqual(run.routes.all.map((route) => route.state).toSorted(), ["ok", "stale"]);
  }
});

function changeTimestampKey({ repository }: Vendor): void {
  const key = repository.addKey("timestamp");
  repository.root.roles["timestamp"] = { keyids: [key.keyid], threshold: 1 };
  repository.signers.set("timestamp", [key]);
  repository.publish("root");
}

test("a root that a lone route says once it lacks does not end rotation", async () => {
  const rotated = new Vendor();
  rotated.release("1.0", noise(1_000, 1));
  changeTimestampKey(rotated);
  rotated.publish();
  const all = rotated.files();
  await using fleet = await startRoutes(["honest"], all);
  let asked = 0;
  const get = (path: string): Uint8Array | undefined => {
    return path === "metadata/2.root.json" && asked++ === 0 ? undefined : all.get(path);
  };
  Object.assign(fleet.servers[0] ?? {}, { files: { get } });
  const run = await startRun(ports, new MemoryStore(), rotated.trust, fleet.urls);
  await refreshState(run);
  assert.equal(run.state.set.root.version, 2);
  assert.equal(run.routes.all[0]?.state, "ok");
});

test("nor does one that says so of each of several roots, as when keys change while it is read", async () => {
  const rotated = new Vendor();
  rotated.release("1.0", noise(1_000, 1));
  for (let change = 0; change < 3; change++) changeTimestampKey(rotated);
  rotated.publish();
  const all = rotated.files();
  await using fleet = await startRoutes(["honest"], all);
  const asked = new Set<string>();
  const get = (path: string): Uint8Array | undefined => {
    const isFirst = path.endsWith(".root.json") && !asked.has(path);
    asked.add(path);
    return isFirst ? undefined : all.get(path);
  };
  Object.assign(fleet.servers[0] ?? {}, { files: { get } });
  const run = await startRun(ports, new MemoryStore(), rotated.trust, fleet.urls);
  await refreshState(run);
  assert.equal(run.state.set.root.version, 4);
  assert.equal(run.routes.all[0]?.state, "ok");
});

test("a hanging first route costs a moment", async () => {
  await using fleet = await startRoutes(["hangs-before-headers", "honest"], files);
  const run = await startRun(ports, new MemoryStore(), vendor.trust, fleet.urls);
  const hour = { firstMs: 3_600_000, minMs: 3_600_000, maxMs: 3_600_000 };
  const exchange = { ...quickLimits.exchange, answer: hour };
  const metadata = { ...quickLimits.metadata, hedgeMs: 60, secondOpinionMs: 200 };
  // It comes to its end at all: the first route's own deadlines are an hour away.
  await refreshState({ ...run, limits: { ...quickLimits, exchange, metadata } });
  assert.match(run.routes.all[0]?.report.why ?? "", /no whole answer within 0\.2 s/);
});

test("hanging routes, however many, do not shut out the one that answers", async () => {
  const hanging = Array.from({ length: 20 }, () => "hangs-before-headers" as const);
  await using fleet = await startRoutes([...hanging, "honest"], files);
  const run = await startRun(ports, new MemoryStore(), vendor.trust, fleet.urls);
  const start = performance.now();
  await refreshState({ ...run, limits: patient });
  const ms = performance.now() - start;
  // Until one is given up takes longer than this.
  assert.ok(ms < clientLimits.exchange.answer.firstMs, `${ms} ms`);
});

test("a frozen route in a crowd of hanging ones is found, not believed", async () => {
  const hanging = Array.from({ length: 20 }, () => "hangs-before-headers" as const);
  await using fleet = await startRoutes(["honest", ...hanging, "honest"], files);
  Object.assign(fleet.servers[0] ?? {}, { files: old });
  const run = await startRun(ports, new MemoryStore(), vendor.trust, fleet.urls);
  await refreshState({ ...run, limits: patient });
  assert.equal(run.state.set.versions().get("timestamp"), newest);
  assert.equal(run.routes.all[0]?.state, "stale");
});

test("a route that asked us to wait is not asked again, nor one that lied", async () => {
  await using fleet = await startRoutes(["busy-503", "lies", "honest"], files);
  const run = await startRun(ports, new MemoryStore(), vendor.trust, fleet.urls);
  await refreshState(run);
  await refreshState(run);
  assert.deepEqual(
    fleet.servers.map(({ requests }) => requests.length),
    // The liar: root, timestamp, and whether there is no newer root indeed. The honest one: root,
    // timestamp, snapshot and targets; then root and timestamp.
    [1, 3, 6],
  );
});

test("a power cut between any two writes leaves a state that goes on", async () => {
  const whole = new MemoryStore();
  await refreshOver(whole, files);
  assert.deepEqual(
    whole.written.map((name) => name.replace("metadata/", "")),
    ["pinned-root.json", "timestamp.json", "snapshot.json", "targets.json", "patches.json"],
  );
  for (let writes = 0; writes < whole.written.length; writes++) {
    const store = new MemoryStore();
    store.writesLeft = writes;
    await assert.rejects(refreshOver(store, files), /the power is out/);
    store.writesLeft = Number.POSITIVE_INFINITY;
    assert.equal((await refreshOver(store, files)).state, newest);
    assert.deepEqual(store.files, whole.files);
  }
});

test("the caller's signal ends a check", async () => {
  await using fleet = await startRoutes(["hangs-before-headers", "drips"], files);
  const abort = new AbortController();
  const run = await startRun(ports, new MemoryStore(), vendor.trust, fleet.urls);
  setTimeout(() => abort.abort(new Error("enough")), 50);
  await assert.rejects(refreshState({ ...run, signal: abort.signal }), /enough/);
});
