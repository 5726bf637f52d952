import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { type Client, type ClientOptions, createClientWithin, type Got } from "../../src/client.ts";
import { downloadLimits } from "../../src/download-limits.ts";
import { folderStore, lockFolder, type NodePorts } from "../../src/node/index.ts";
import type { Behaviour } from "./faulty-route.ts";
import { noise, portsIn2030, product, startRoutes, Vendor } from "./field.ts";
import { quickExchange, quickLimits } from "./quick.ts";

export const ports = portsIn2030();
/** Two versions are out. */
export const vendor = new Vendor();
/** The newest version's bytes. */
export const content = noise(1_000_000, 3);
vendor.release("1.0", noise(1_000, 1));
vendor.release("1.1", content);

const bounds = {
  client: quickLimits,
  download: {
    ...downloadLimits,
    exchange: quickExchange,
    index: { exchange: quickExchange, race: { ...quickLimits.metadata, restMsMax: 500 } },
    patienceMs: 500,
  },
};

/** A client whose state lies in the folder, with short deadlines. */
export function clientOf(
  folder: string,
  routes: readonly string[],
  trust = vendor.trust,
  machine: NodePorts = ports,
  more: Partial<
    Pick<ClientOptions, "tickets" | "region" | "state" | "onAnnouncement" | "neighbours">
  > = {},
): Client {
  const state = path.join(folder, "state");
  return createClientWithin(bounds, {
    trust,
    routes,
    state: folderStore(state),
    ...more,
    ports: machine,
    hold: (signal) => lockFolder(state, { waitMs: 5_000, clock: ports.clock, signal }),
  });
}

/** Gets the newest version over routes that behave so, and looks at every byte. */
export async function getOver(folder: string, behaviours: readonly Behaviour[]): Promise<Got> {
  await using fleet = await startRoutes(behaviours, vendor.files());
  const client = clientOf(folder, fleet.urls);
  const output = { store: folderStore(folder), name: "new" };
  const got = await client.get(product, { platform: "linux-x64", output });
  assert.deepEqual(await fs.readFile(path.join(folder, "new")), Buffer.from(content));
  return got;
}
