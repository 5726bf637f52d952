import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { RouteEntry, RouteId, RouteList, TransportRequest } from "@causeway/kernel";
import { folderStore } from "../src/node/index.ts";
import { clientOf, ports } from "./support/customer.ts";
import { noise, product, startRoutes, Vendor } from "./support/field.ts";
import { tempFolder } from "./support/temp-folder.ts";

after(() => ports.transport.close());

const wish = { platform: "any" };

/** A machine to which the servers of these tests are as far off as any. */
const far = {
  ...ports,
  transport: {
    open: ({ url, signal }: TransportRequest) => ports.transport.open({ url, signal }),
    close: () => undefined,
  },
};

function listOf(urls: readonly string[], version = 1): RouteList {
  const routes = urls.map((url, at): RouteEntry => {
    const id = `r${at}` as RouteId;
    return { id, urls: [url], kind: "mirror", priority: at + 1, weight: 1, state: "active" };
  });
  return { version, routes };
}

test("a check tells the window that the vendor signed, and fetches the list when it changes", async () => {
  await using folder = await tempFolder();
  const vendor = new Vendor();
  vendor.release("1.0", noise(1_000, 1));
  vendor.routes({ version: 1, pollSeconds: 3_600, routes: [] });
  const look = async (): Promise<{ window: number | undefined; bytes: number }> => {
    await using fleet = await startRoutes(["honest"], vendor.files());
    const client = clientOf(folder.path, fleet.urls, vendor.trust);
    const { pollSeconds, routes } = await client.check(product, wish);
    return { window: pollSeconds, bytes: routes[0]?.bytes ?? 0 };
  };
  const first = await look();
  assert.equal(first.window, 3_600);
  const second = await look();
  assert.equal(second.window, 3_600);
  vendor.routes({ version: 2, pollSeconds: 120, routes: [] });
  assert.equal((await look()).window, 120);
  assert.ok(second.bytes < first.bytes, "what is here is not fetched again");
});

test("without a list, or with one that no route has, a check goes on without a window", async () => {
  await using folder = await tempFolder();
  const vendor = new Vendor();
  vendor.release("1.0", noise(1_000, 1));
  const bare = vendor.files();
  vendor.routes({ version: 1, pollSeconds: 3_600, routes: [] });
  const lacking = new Map([...vendor.files()].filter(([name]) => !name.endsWith(".routes.json")));
  for (const files of [bare, lacking]) {
    await using fleet = await startRoutes(["honest"], files);
    const checked = await clientOf(folder.path, fleet.urls, vendor.trust).check(product, wish);
    assert.deepEqual([checked.version, checked.pollSeconds], ["1.0", undefined]);
  }
});

test("a client whose given routes are all dead gets in by the list of last month, or without any", async () => {
  await using folder = await tempFolder();
  const vendor = new Vendor();
  vendor.release("1.0", noise(1_000, 1));
  await using listed = await startRoutes(["honest"], new Map());
  await using first = await startRoutes(["honest"], vendor.files());
  vendor.routes(listOf(listed.urls));
  const [server] = first.servers;
  const [mirror] = listed.servers;
  assert.ok(server && mirror);
  server.files = vendor.files();
  await clientOf(folder.path, first.urls, vendor.trust).check(product, wish);
  await first[Symbol.asyncDispose]();
  vendor.release("1.1", noise(1_000, 2));
  vendor.repository.role("routes").expires = "2029-12-01T00:00:00Z";
  vendor.repository.publish("routes");
  vendor.publish();
  mirror.files = vendor.files();
  for (const given of [first.urls, []]) {
    const client = clientOf(folder.path, given, vendor.trust, far);
    const checked = await client.check(product, wish);
    assert.equal(checked.version, "1.1", "its list has expired, and is better than none");
    assert.deepEqual(
      checked.routes.map(({ url, state }) => [url, state]),
      [...given.map((url) => [url, "dead"]), [mirror.url, "ok"]],
    );
  }
  await fs.writeFile(path.join(folder.path, "state", "route-list.json"), '{"_type":"causeway-rou');
  const forgot = clientOf(folder.path, [], vendor.trust).check(product, wish);
  await assert.rejects(forgot, { code: "USAGE_ARGUMENT" }, "what is damaged is as missing");
});

test("where the given routes have no patch, the routes of a list that comes late have it", async () => {
  await using folder = await tempFolder();
  const vendor = new Vendor();
  vendor.release("1.0", noise(1_000, 1));
  await using listed = await startRoutes(["honest"], new Map());
  vendor.routes(listOf(listed.urls));
  const [mirror] = listed.servers;
  assert.ok(mirror);
  mirror.files = vendor.files();
  const bare = new Map([...vendor.files()].filter(([name]) => name.endsWith(".json")));
  await using given = await startRoutes(["honest"], bare);
  const slow = {
    ...far,
    transport: {
      ...far.transport,
      open: async (request: TransportRequest): ReturnType<typeof far.transport.open> => {
        if (/[.]routes[.]json$/.test(request.url.pathname)) await sleep(200);
        return far.transport.open(request);
      },
    },
  };
  const client = clientOf(folder.path, given.urls, vendor.trust, slow);
  const output = { store: folderStore(folder.path), name: "got" };
  const { routes } = await client.get(product, { ...wish, output });
  assert.deepEqual((await fs.readFile(path.join(folder.path, "got"))).length, 1_000);
  assert.ok(routes.some(({ url, bytes }) => url === mirror.url && bytes > 1_000));
});

test("in calm times three routes of a long list are asked, and each of them in its turn", async () => {
  await using folder = await tempFolder();
  const vendor = new Vendor();
  vendor.release("1.0", noise(1_000, 1));
  await using fleet = await startRoutes(Array(8).fill("honest"), new Map());
  vendor.routes(listOf(fleet.urls));
  for (const server of fleet.servers) server.files = vendor.files();
  const asked: number[] = [];
  for (let run = 0; run < 8; run++) {
    const before = fleet.servers.map(({ requests }) => requests.length);
    await clientOf(folder.path, fleet.urls.slice(0, 1), vendor.trust).check(product, wish);
    const now = fleet.servers.map(({ requests }, at) => requests.length - (before[at] ?? 0));
    asked.push(now.filter((count) => count > 0).length);
    if (run > 0) assert.ok(Math.max(...now) <= 3, "root, timestamp and catalogue");
  }
  assert.deepEqual(asked, [1, 3, 3, 3, 3, 3, 3, 3]);
  assert.ok(fleet.servers.every(({ requests }) => requests.length > 0));
});

test("a listed route that is nearer than those that were given is never asked", async () => {
  await using folder = await tempFolder();
  const vendor = new Vendor();
  vendor.release("1.0", noise(1_000, 1));
  await using listed = await startRoutes(["honest"], new Map());
  vendor.routes(listOf(listed.urls));
  await using fleet = await startRoutes(["honest"], vendor.files());
  for (const server of listed.servers) server.files = vendor.files();
  await clientOf(folder.path, fleet.urls, vendor.trust).check(product, wish);
  const stranger = clientOf(folder.path, ["http://unknown.invalid/"], vendor.trust);
  await assert.rejects(stranger.check(product, wish), { code: "ROUTE_ALL_FAILED" });
  assert.equal(listed.servers[0]?.requests.length, 0);
  const neighbour = clientOf(folder.path, ["http://127.0.0.1:9/"], vendor.trust);
  assert.equal((await neighbour.check(product, wish)).version, "1.0");
});
