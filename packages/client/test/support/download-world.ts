import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { type DownloadResult, download } from "../../src/download/download.ts";
import type { DownloadEvent } from "../../src/download/download-event.ts";
import type { DownloadRequest } from "../../src/download/download-request.ts";
import type { OldFile } from "../../src/download/old-file.ts";
import { type DownloadLimits, downloadLimits } from "../../src/download-limits.ts";
import { folderStore, nodePorts } from "../../src/node/index.ts";
import { parseRoute } from "../../src/routes/parse-route.ts";
import type { Route } from "../../src/routes/route.ts";
import type { Published } from "./download-fixture.ts";
import { type Behaviour, type FaultyRoute, startRoute } from "./faulty-route.ts";
import { quickExchange, quickLimits } from "./quick.ts";
import { tempFolder } from "./temp-folder.ts";

const quickRace = { ...quickLimits.metadata, hedgeMs: 50, failuresMax: 4 };

/** Deadlines that loopback meets with ease, and that tests can wait for. */
export const quickDownload: DownloadLimits = {
  ...downloadLimits,
  exchange: quickExchange,
  index: { exchange: quickExchange, race: { ...quickRace, restMsMax: 1_000 } },
  delta: { exchange: quickExchange, race: { ...quickRace, failuresMax: 3, failingMsMax: 100 } },
  silenceMs: { min: 60, max: 200 },
  placeMs: 150,
  failuresMax: 4,
  backoffMs: { base: 30, max: 200 },
  patienceMs: 1_000,
};

export interface World {
  readonly patch: Published;
  readonly servers: readonly FaultyRoute[];
  /** New ones for each download, as each run of a client has. */
  routes: readonly Route[];
  readonly events: DownloadEvent[];
  readonly folder: string;
  readonly output: string;
  download(
    options?: Partial<DownloadRequest> & { limits?: DownloadLimits },
  ): Promise<DownloadResult>;
  /** An old version on this machine's disk. */
  oldFile(name: string, bytes: Uint8Array): Promise<OldFile>;
  /** The output is the target, and nothing is beside it. */
  assertWhole(): Promise<void>;
  names(): Promise<readonly string[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Real servers on loopback that carry `patch`, and a folder that it is fetched into. */
export async function startWorld(
  patch: Published,
  behaviours: readonly Behaviour[],
): Promise<World> {
  const temp = await tempFolder();
  const folder = path.join(temp.path, "out");
  const stack = new AsyncDisposableStack();
  stack.use(temp);
  const servers: FaultyRoute[] = [];
  for (const behaviour of behaviours) {
    servers.push(stack.use(await startRoute(behaviour, patch.files)));
  }
  const ports = nodePorts();
  stack.defer(() => ports.transport.close());
  const store = folderStore(folder);
  const world: World = {
    patch,
    servers,
    routes: [],
    events: [],
    folder,
    output: path.join(folder, "app"),
    async download({ limits, ...options } = {}) {
      world.routes = servers.map((server) => parseRoute(server.url));
      world.events.length = 0;
      return await download(
        ports,
        {
          target: patch.target,
          release: patch.release,
          routes: world.routes,
          output: { store, name: "app" },
          onProgress: (event) => world.events.push(event),
          ...options,
        },
        limits ?? quickDownload,
      );
    },
    async oldFile(name, bytes) {
      await fs.writeFile(path.join(temp.path, name), bytes);
      const handle = await folderStore(temp.path).open(name, "read");
      stack.defer(() => handle.close());
      return { handle, length: bytes.length };
    },
    async assertWhole() {
      const made = await fs.readFile(world.output);
      assert.ok(Buffer.compare(made, patch.bytes) === 0, "the output is the target");
      assert.deepEqual(await world.names(), ["app"]);
    },
    names: async () => (await fs.readdir(folder)).toSorted(),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
  return world;
}
