import assert from "node:assert/strict";
import { after, suite, test } from "node:test";
import { NoRouteDelivered } from "@causeway/kernel";
import { refreshState } from "../src/metadata/refresh.ts";
import type { Behaviour, Fault, FaultyRoute, Files } from "./support/faulty-route.ts";
import { type Fleet, noise, portsIn2030, startRoutes, startRun, Vendor } from "./support/field.ts";
import { MemoryStore } from "./support/memory-store.ts";

const ports = portsIn2030();
after(() => ports.transport.close());

const vendor = new Vendor();
vendor.release("1.0", noise(1_000, 1));
vendor.repository.addKey("root"); // the other roles' keys stay, so root 1 suits what follows, too
vendor.repository.publish("root");
vendor.publish();
const files = vendor.files();

/** Serves all but the next root, of which it says something else. */
function faultyAtNextRoot(server: FaultyRoute, fault: Behaviour, all: Files): void {
  const get = (path: string): Uint8Array | undefined => {
    server.behaviour = path === "metadata/2.root.json" ? fault : "honest";
    return all.get(path);
  };
  Object.assign(server, { files: { get } });
}

async function rootOver({ urls }: Fleet): Promise<number> {
  const run = await startRun(ports, new MemoryStore(), vendor.trust, urls);
  await refreshState(run);
  return run.state.set.root.version;
}

const overload: readonly Fault[] = [
  "refuses-403",
  "misses-404",
  "busy-429",
  "busy-503",
  "login-page",
  "hangs-before-headers",
  "resets",
];

suite("a flooded server does not end root rotation early while another route has the root", () => {
  for (const fault of overload) {
    for (const place of [0, 1]) {
      test(`${fault}, number ${place + 1}`, async () => {
        await using fleet = await startRoutes(["honest", "honest"], files);
        const server = fleet.servers[place];
        assert.ok(server);
        faultyAtNextRoot(server, fault, files);
        assert.equal(await rootOver(fleet), 2);
      });
    }
  }
});

suite("what a lone server says of the next root is no word that there is none", () => {
  for (const fault of ["busy-429", "busy-503", "login-page", "hangs-before-headers"] as const) {
    test(fault, async () => {
      await using fleet = await startRoutes(["honest"], files);
      const [server] = fleet.servers;
      assert.ok(server);
      faultyAtNextRoot(server, fault, files);
      await assert.rejects(rootOver(fleet), NoRouteDelivered);
    });
  }
});
