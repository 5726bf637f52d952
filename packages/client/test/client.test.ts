import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { CausewayError } from "@causeway/kernel";
import type { ClientEvent, Got } from "../src/client.ts";
import type { OldFile } from "../src/download/old-file.ts";
import { isNewer } from "../src/is-newer.ts";
import { TrustState } from "../src/metadata/trust-state.ts";
import { folderStore } from "../src/node/index.ts";
import { clientOf, content, getOver, ports, vendor } from "./support/customer.ts";
import type { Behaviour } from "./support/faulty-route.ts";
import { now, product, startRoutes, Vendor } from "./support/field.ts";
import { startSlowRoute } from "./support/slow-route.ts";
import { tempFolder } from "./support/temp-folder.ts";

after(() => ports.transport.close());

test("a check says what is out, and fetches none of it", async () => {
  await using folder = await tempFolder();
  await using fleet = await startRoutes(["honest"], vendor.files());
  const checked = await clientOf(folder.path, fleet.urls).check(product, { platform: "any" });
  assert.equal(checked.version, "1.1");
  assert.equal(checked.length, content.length);
  assert.deepEqual(checked.advisories, ["MS03-026"]);
  assert.ok((checked.routes[0]?.bytes ?? 0) < 20_000);
});

test("the patch comes whole, and the report says from where", async () => {
  await using folder = await tempFolder();
  const got = await getOver(folder.path, ["honest", "honest"]);
  const { version, length, routes } = got;
  assert.deepEqual({ version, length }, { version: "1.1", length: content.length });
  assert.deepEqual(
    routes.map(({ state, why }) => ({ state, why })),
    [
      { state: "ok", why: null },
      { state: "ok", why: null },
    ],
  );
  const bytes = routes.reduce((sum, route) => sum + route.bytes, 0);
  assert.equal(got.downloaded, bytes);
  assert.ok(bytes >= content.length && bytes < content.length * 2, `${bytes} bytes`);
  assert.equal(got.clock.trusted, true);
  const again = await getOver(folder.path, ["honest"]);
  assert.ok(again.downloaded < 20_000, "what is here is not fetched again");
  assert.equal(again.reused, content.length);
});

test("a route may be a folder", async () => {
  await using folder = await tempFolder();
  const tree = path.join(folder.path, "usb stick");
  const files = vendor.files();
  for (const [name, bytes] of files) {
    await fs.mkdir(path.dirname(path.join(tree, name)), { recursive: true });
    await fs.writeFile(path.join(tree, name), bytes);
  }
  const client = clientOf(folder.path, [pathToFileURL(tree).href]);
  const output = { store: folderStore(folder.path) };
  const got = await client.get(product, { platform: "any", output });
  assert.equal(got.file, "reader.bin");
  assert.equal((await fs.stat(path.join(folder.path, "reader.bin"))).size, content.length);
  assert.equal(got.clock.skewSeconds, null);
});

test("two at once on one state take turns, and both succeed", async () => {
  await using folder = await tempFolder();
  await Promise.all([getOver(folder.path, ["honest"]), getOver(folder.path, ["honest"])]);
});

test("an interruption is told as one, and the next call goes on", async () => {
  await using folder = await tempFolder();
  await using fleet = await startRoutes(["honest"], vendor.files());
  const client = clientOf(folder.path, fleet.urls);
  const request = { platform: "any", output: { store: folderStore(folder.path), name: "new" } };
  for (const end of ["plan", "verify"]) {
    const abort = new AbortController();
    const seen: ClientEvent["kind"][] = [];
    const onProgress = ({ kind }: ClientEvent): void => {
      seen.push(kind);
      if (kind === end) abort.abort();
    };
    const got = client.get(product, { ...request, onProgress, signal: abort.signal });
    await assert.rejects(got, (error: CausewayError) => error.code === "INTERRUPTED");
    assert.equal(seen[0], "found");
  }
  await client.get(product, request);
});

test("a state that is removed while a run goes on is trusted and there after it", async () => {
  await using folder = await tempFolder();
  await using fleet = await startRoutes(["honest"], vendor.files());
  const client = clientOf(folder.path, fleet.urls);
  const state = path.join(folder.path, "state");
  const names = async (): Promise<readonly string[]> => {
    const all = await fs.readdir(state, { recursive: true });
    const isCache = (name: string): boolean => /^lock|patches\.json$/.test(name);
    return all.filter((name) => !isCache(name)).toSorted();
  };
  const output = { store: folderStore(folder.path), name: "new" };
  await client.check(product, { platform: "any" });
  const whole = await names();
  assert.ok(whole.includes("pinned-root.json"));
  for (const when of ["found", "plan", "verify"]) {
    await fs.rm(path.join(folder.path, "new"), { force: true });
    const onProgress = ({ kind }: ClientEvent): void => {
      if (kind === when) rmSync(state, { recursive: true, force: true });
    };
    await client.get(product, { platform: "any", output, onProgress });
    assert.deepEqual(await names(), whole, when);
  }
  const kept = folderStore(state);
  const { set } = await TrustState.open(kept, undefined, now);
  assert.ok(set.versions().has("timestamp"));
});

test("where a removed state cannot be written again, the patch comes all the same", async () => {
  await using folder = await tempFolder();
  await using fleet = await startRoutes(["honest"], vendor.files());
  const state = path.join(folder.path, "state");
  const onProgress = ({ kind }: ClientEvent): void => {
    if (kind !== "plan") return;
    rmSync(state, { recursive: true, force: true });
    writeFileSync(state, "");
  };
  const output = { store: folderStore(folder.path), name: "new" };
  await clientOf(folder.path, fleet.urls).get(product, { platform: "any", output, onProgress });
  assert.equal((await fs.stat(path.join(folder.path, "new"))).size, content.length);
});

test("another vendor's root is refused on a state that is in use", async () => {
  await using folder = await tempFolder();
  await using fleet = await startRoutes(["honest"], vendor.files());
  await clientOf(folder.path, fleet.urls).check(product, { platform: "any" });
  const stranger = clientOf(folder.path, fleet.urls, new Vendor().trust);
  const check = stranger.check(product, { platform: "any" });
  await assert.rejects(check, (error: CausewayError) => error.code === "USAGE_TRUST_CONFLICT");
});

test("wrong arguments are told before anything is asked", async () => {
  await using folder = await tempFolder();
  await using fleet = await startRoutes(["honest"], vendor.files());
  const client = clientOf(folder.path, fleet.urls);
  const wrong = [
    client.check("no such id", { platform: "any" }),
    client.check(product, { platform: "Windows XP" }),
    client.check(product, { platform: "any", version: "newest" }),
  ];
  const have = Array.from({ length: 17 }, () => ({}) as OldFile);
  const output = { store: folderStore(folder.path) };
  const get = client.get(product, { platform: "any", output, have });
  await assert.rejects(get, /17 old files; at most 16/);
  for (const call of wrong) await assert.rejects(call, /is not a/);
  assert.throws(() => clientOf(folder.path, ["ftp://a/"]), /is not a URL of a route/);
  assert.throws(
    () => clientOf(folder.path, [], vendor.trust, ports, { region: "Europe!" }),
    /"Europe!" is no region/,
  );
  assert.deepEqual(await fs.readdir(folder.path), []);
  const nowhere = clientOf(folder.path, []).check(product, { platform: "any" });
  await assert.rejects(nowhere, { code: "USAGE_ARGUMENT", message: /--route/ });
  assert.equal(fleet.servers[0]?.requests.length, 0);
});

test("several who get the same patch to the same place at once all have it", async () => {
  await using folder = await tempFolder();
  await using fleet = await startRoutes(["honest"], vendor.files());
  const output = { store: folderStore(folder.path), name: "new" };
  const clients = ["a", "b", "c", "d"].map((name) => {
    return clientOf(path.join(folder.path, name), fleet.urls);
  });
  for (let round = 0; round < 3; round++) {
    await fs.rm(path.join(folder.path, "new"), { force: true });
    await Promise.all(clients.map((client) => client.get(product, { platform: "any", output })));
    assert.deepEqual(await fs.readFile(path.join(folder.path, "new")), Buffer.from(content));
  }
});

test("another version to the same place waits for the first, says for whom, and spoils nothing", async () => {
  await using folder = await tempFolder();
  await using fleet = await startRoutes(["honest"], vendor.files());
  await using slow = await startSlowRoute(vendor.files(), 2_000_000);
  const output = { store: folderStore(folder.path), name: "new" };
  const told: ClientEvent[] = [];
  let older: Promise<Got> | undefined;
  const newer = clientOf(path.join(folder.path, "a"), [slow.url]).get(product, {
    platform: "any",
    output,
    onProgress: (event) => {
      if (event.kind !== "progress" || event.done === 0) return;
      older ??= clientOf(path.join(folder.path, "b"), fleet.urls).get(product, {
        platform: "any",
        version: "1.0",
        output,
        onProgress: (its) => told.push(its),
      });
    },
  });
  assert.equal((await newer).version, "1.1");
  assert.equal((await older)?.version, "1.0");
  const waits = told.filter((event) => event.kind === "wait");
  assert.deepEqual(waits, [{ kind: "wait", pid: process.pid }]);
  assert.equal((await fs.stat(path.join(folder.path, "new"))).size, 1_000);
  assert.deepEqual(await fs.readdir(folder.path), ["a", "b", "new"]);
});

/** The states that were told of the first of such routes, and what the report says of it. */
async function statesOver(
  behaviours: readonly Behaviour[],
): Promise<{ readonly told: readonly string[]; readonly end: string | undefined }> {
  await using folder = await tempFolder();
  await using fleet = await startRoutes(behaviours, vendor.files());
  const told: string[] = [];
  const output = { store: folderStore(folder.path), name: "new" };
  const { routes } = await clientOf(folder.path, fleet.urls).get(product, {
    platform: "any",
    output,
    onProgress: (event) => {
      if (event.kind === "route" && event.route === fleet.urls[0]) told.push(event.state);
    },
  });
  assert.deepEqual(await fs.readFile(path.join(folder.path, "new")), Buffer.from(content));
  return { told, end: routes[0]?.state };
}

test("a server that knows no ranges is never told as lying, and as good once its bytes are right", async () => {
  assert.deepEqual(await statesOver(["ignores-ranges"]), { told: ["slow", "ok"], end: "ok" });
});

test("a server that knows no ranges, beside one that does, lies no more than alone", async () => {
  const { told, end } = await statesOver(["ignores-ranges", "honest"]);
  assert.ok(!told.includes("lying") && end !== "lying", String([...told, end]));
});

for (const behaviour of ["login-page", "wrong-range"] as const) {
  test(`what answers as ${behaviour} does is still lying`, async () => {
    const { end } = await statesOver([behaviour, "honest"]);
    assert.equal(end, "lying");
  });
}

test("nothing is newer than itself, however it is written", () => {
  assert.equal(isNewer("1.10", "1.9"), true);
  assert.equal(isNewer("1.0", "1.0.0"), false);
  assert.equal(isNewer("0.9", "1.0"), false);
  assert.throws(() => isNewer("one", "1.0"), { code: "USAGE_VERSION" });
});
