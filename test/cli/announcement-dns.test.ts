import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { nodePorts } from "@causeway/client/node";
import { RouteError, type RouteId } from "@causeway/kernel";
import { txtStrings } from "../../packages/cli/src/announcement/dns-txt.ts";
import type { AnnouncementNews } from "../../packages/client/src/routes/announced/dropped.ts";
import { codeOf } from "../../packages/client/test/support/announce.ts";
import { clientOf, ports } from "../../packages/client/test/support/customer.ts";
import { noise, product, startRoutes, Vendor } from "../../packages/client/test/support/field.ts";
import { startKnot } from "../../packages/control/test/support/knot.ts";
import { folderFor } from "../support/cli.ts";

const here = "http://127.0.0.1:1/"; // nobody listens there; what leads to this machine may be learned
const known = "http://patches.eu.example.com/";

/** Nobody gets to example.com. */
const transport: typeof ports.transport = {
  ...ports.transport,
  open(request) {
    if (!request.url.hostname.endsWith("example.com")) return ports.transport.open(request);
    return Promise.reject(new RouteError("ROUTE_UNREACHABLE", request.url.href, "is gone"));
  },
  placeOf: (url) => ports.transport.placeOf?.(url) ?? "public",
};

test("who has lost every route finds what a real name server announces", async (t) => {
  const folder = folderFor(t);
  const vendor = new Vendor();
  vendor.release("1.0", noise(1_000, 5));
  const id = "r0" as RouteId;
  const entry = { id, urls: [known], kind: "mirror", priority: 1, weight: 1 } as const;
  vendor.routes({ version: 1, routes: [{ ...entry, state: "active" }] });
  await using fleet = await startRoutes(["honest"], vendor.files());
  await clientOf(folder, fleet.urls, vendor.trust).check(product, { platform: "any" });
  const [url = ""] = fleet.urls;
  const texts = [codeOf(vendor, [url], { sequence: 7 }), "0407T0938F", "v=spf1 -all"].map(
    (text) => {
      return txtStrings(text)
        .map((part) => JSON.stringify(part))
        .join(" ");
    },
  );
  const zone = `$ORIGIN example.com.\n$TTL 300\n@ SOA ns1 admin 1 3600 600 86400 60\n@ NS ns1
ns1 A 127.0.0.1\n_causeway.eu TXT ${texts[0]}\n_causeway.patches.eu TXT ${texts[1]}\n_causeway.patches.eu TXT ${texts[2]}\n`;
  const { host, port } = await startKnot(t, { zone });
  const asked = nodePorts({ nameServers: [`${host}:${port}`] });
  t.after(() => asked.transport.close());
  const news: AnnouncementNews[] = [];
  const machine = { ...ports, transport, ...(asked.texts && { texts: asked.texts }) };
  const client = clientOf(folder, [here, known], vendor.trust, machine, {
    onAnnouncement: (each) => news.push(each),
  });
  const found = await client.check(product, { platform: "any" });
  assert.equal(found.routes.find((route) => route.url === url)?.state, "ok");
  const told = news.map(({ from, urls, refused }) => [from, refused?.code ?? urls]);
  assert.deepEqual(told, [
    ["_causeway.patches.eu.example.com", "ANNOUNCEMENT_MISTYPED"],
    ["_causeway.eu.example.com", [url]],
  ]);
  const record = readFileSync(`${folder}/state/announcements.json`, "utf8");
  assert.match(record, /"lookUp":\{"askedAt":/);
});

test("no name server is at a name", () => {
  assert.throws(() => nodePorts({ nameServers: ["ns.example"] }), { code: "USAGE_ARGUMENT" });
});
