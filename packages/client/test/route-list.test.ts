import assert from "node:assert/strict";
import { after, test } from "node:test";
import { clientOf, ports } from "./support/customer.ts";
import { noise, product, startRoutes, Vendor } from "./support/field.ts";
import { tempFolder } from "./support/temp-folder.ts";

after(() => ports.transport.close());

const wish = { platform: "any" };

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
  const lacking = new Map([...vendor.files()].filter(([path]) => !path.endsWith(".routes.json")));
  for (const files of [bare, lacking]) {
    await using fleet = await startRoutes(["honest"], files);
    const checked = await clientOf(folder.path, fleet.urls, vendor.trust).check(product, wish);
    assert.deepEqual([checked.version, checked.pollSeconds], ["1.0", undefined]);
  }
});
