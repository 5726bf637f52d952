import { readFileSync } from "node:fs";
import { folderStore, nodePorts } from "@causeway/client/node";
import type {
  FileHandle,
  Platform,
  ProductId,
  Sha256,
  Store,
  TargetPath,
  Version,
} from "@causeway/kernel";
import { SmallMemory } from "../packages/cli/src/small-memory.ts";
import { download } from "../packages/client/src/download/download.ts";
import { parseRoutes } from "../packages/client/src/routes/parse-route.ts";
import { chunkLength, fillFrom } from "./memory-target.ts";

/** What the bench hands to this process: `node memory-process.ts JSON`. */
export interface MemoryJob {
  readonly folder: string;
  /** As `causeway get` runs. */
  readonly small: boolean;
  readonly routes: readonly string[];
  readonly count: number;
  readonly sha256: Sha256;
  readonly index: { readonly length: number; readonly sha256: Sha256 };
}

const job = JSON.parse(process.argv[2] ?? "") as MemoryJob;
const ports = nodePorts();

/** Bytes of memory that only this process has, now and at the most. */
function memory(): { readonly now: number; readonly most: number } {
  const status = readFileSync("/proc/self/status", "utf8");
  const of = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]);
  return { now: of("VmRSS") * 1024, most: of("VmHWM") * 1024 };
}

/** A folder whose parts take no room: what was written there is made again when it is read. */
function roomless(store: Store): Store {
  return {
    read: (name, lengthMax) => store.read(name, lengthMax),
    write: (name, bytes) => store.write(name, bytes),
    remove: (name) => store.remove(name),
    list: (name) => store.list(name),
    freeBytes: () => store.freeBytes(),
    rename: (from, to) => store.rename(from, to),
    async open(name, mode) {
      const handle = await store.open(name, mode);
      return name.endsWith(".part") ? sparse(handle) : handle;
    },
  };
}

function sparse(handle: FileHandle): FileHandle {
  return {
    length: () => handle.length(),
    async readAt(into, position) {
      const length = Math.max(0, Math.min(into.length, job.count * chunkLength - position));
      fillFrom(into.subarray(0, length), position);
      return length;
    },
    writeAt: async () => undefined,
    truncate: (length) => handle.truncate(length),
    sync: () => handle.sync(),
    close: () => handle.close(),
  };
}

async function run(): Promise<void> {
  const path = "patches/app/1.0/any/app.bin" as TargetPath;
  const memorySaver = job.small ? new SmallMemory() : undefined;
  const before = memory().now;
  const { seconds } = await download(ports, {
    target: { path, length: job.count * chunkLength, sha256: job.sha256, locations: ["app.bin"] },
    release: {
      product: "app" as ProductId,
      version: "1.0" as Version,
      platform: "any" as Platform,
      severity: "critical",
      advisories: [],
      releasedAt: "2003-07-16T00:00:00Z",
      install: "file",
      index: { path: `${path}.chunks` as TargetPath, ...job.index },
    },
    routes: parseRoutes(job.routes),
    onProgress: (event) => {
      if (event.kind === "progress") memorySaver?.downloaded(event.downloaded);
    },
    output: { store: roomless(folderStore(job.folder)), name: "app" },
  });
  ports.transport.close();
  const { user, system } = process.cpuUsage();
  const told = { before, most: memory().most, seconds, cpuSeconds: (user + system) / 1e6 };
  process.stdout.write(`${JSON.stringify(told)}\n`);
}

await run();
