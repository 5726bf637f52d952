import { createHash } from "node:crypto";
import {
  canonicalJson,
  encodeCatalogue,
  encodeChunkIndex,
  encodeRelease,
  encodeRouteList,
  hashedTargetPath,
  type Platform,
  type ProductId,
  type RouteList,
  routeListPath,
  type Sha256,
  type Store,
  type TargetPath,
  type Version,
} from "@causeway/kernel";
import { now, TestRepository } from "../../../trust/test/support/test-repository.ts";
import type { Run } from "../../src/metadata/metadata.ts";
import { TrustState } from "../../src/metadata/trust-state.ts";
import { type NodePorts, nodePorts } from "../../src/node/index.ts";
import { RunRoutes } from "../../src/routes/listed/run-routes.ts";
import { parseRoutes } from "../../src/routes/parse-route.ts";
import { RetryBudget } from "../../src/routes/retry-budget.ts";
import type { Route } from "../../src/routes/route.ts";
import { RouteMemory } from "../../src/routes/route-memory.ts";
import { type Behaviour, type FaultyRoute, type Files, startRoute } from "./faulty-route.ts";
import { quickLimits } from "./quick.ts";

export const product = "reader" as ProductId;
export { now };

/** The machine's ports, but with the clock of the test repository's days, and no name servers. */
export function portsIn2030(): NodePorts {
  const { texts: _, ...ports } = nodePorts();
  return { ...ports, clock: { ...ports.clock, wall: () => now } };
}

/** A vendor with one product, which is patched again and again. */
export class Vendor {
  readonly repository = new TestRepository();
  readonly #releases: Parameters<typeof encodeCatalogue>[0]["releases"][number][] = [];

  constructor() {
    this.repository.delegate("targets", "patches", { paths: ["patches/*/*/*/*", "products/*"] });
  }

  /** Publishes a release of `content`, and all metadata. */
  release(version: string, content: Uint8Array, platform = "any"): void {
    const { repository } = this;
    const path = `patches/${product}/${version}/${platform}/reader.bin` as TargetPath;
    const sha256 = digest(content);
    const index = encodeChunkIndex({ ...chunksOf(content), pack: undefined });
    const indexPath = `${path}.chunks` as TargetPath;
    const release = {
      product,
      version: version as Version,
      platform: platform as Platform,
      severity: "critical" as const,
      releasedAt: "2003-07-16T00:00:00Z",
    };
    const custom = encodeRelease({
      ...release,
      advisories: ["MS03-026"],
      install: "file",
      index: { path: indexPath, length: index.length, sha256: digest(index) },
    });
    repository.addTarget(path, content, "patches");
    repository.addTarget(indexPath, index, "patches");
    const { targets } = repository.role("patches");
    targets[path] = { length: content.length, hashes: { sha256 }, custom };
    this.#releases.push({ ...release, target: path, length: content.length });
    const catalogue = encodeCatalogue({ product, releases: this.#releases });
    repository.addTarget(`products/${product}.json`, canonicalJson(catalogue), "patches");
    this.publish();
  }

  /** Publishes a list of routes, by the role that alone may sign it. */
  routes(list: RouteList): void {
    const { repository } = this;
    if (!repository.roles.has("routes")) {
      repository.delegate("targets", "routes", { paths: [routeListPath] });
    }
    repository.addTarget(routeListPath, canonicalJson(encodeRouteList(list)), "routes");
    repository.publish("routes");
    this.publish();
  }

  publish(): void {
    this.repository.publish("patches", "targets", "snapshot", "timestamp");
  }

  get trust(): Uint8Array {
    return this.repository.firstRoot;
  }

  /** All that a route has to carry now; what is published later is not in it. */
  files(): ReadonlyMap<string, Uint8Array> {
    const { published, artifacts, roles } = this.repository;
    const files = new Map<string, Uint8Array>();
    for (const [role, versions] of published) {
      for (const [at, bytes] of versions.entries()) {
        files.set(`metadata/${role === "timestamp" ? "" : `${at + 1}.`}${role}.json`, bytes);
      }
    }
    for (const { targets } of roles.values()) {
      for (const [path, { hashes }] of Object.entries(targets)) {
        const hashed = hashedTargetPath(path as TargetPath, hashes["sha256"] as Sha256);
        files.set(`targets/${hashed}`, artifacts.get(path) ?? new Uint8Array());
      }
    }
    return files;
  }
}

function digest(bytes: Uint8Array): Sha256 {
  return createHash("sha256").update(bytes).digest("hex") as Sha256;
}

function chunksOf(
  content: Uint8Array,
): Pick<Parameters<typeof encodeChunkIndex>[0], "target" | "chunks"> {
  const chunks = [];
  for (let offset = 0; offset < content.length; offset += 65_536) {
    const part = content.subarray(offset, offset + 65_536);
    chunks.push({
      sha256: digest(part),
      offset,
      length: part.length,
      packOffset: 0,
      packLength: 0,
    });
  }
  return { target: { length: content.length, sha256: digest(content) }, chunks };
}

/** Bytes that look random and are always the same. */
export function noise(length: number, seed: number): Uint8Array {
  let state = seed | 1;
  return Uint8Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 255;
  });
}

export interface Fleet extends AsyncDisposable {
  readonly servers: readonly FaultyRoute[];
  readonly urls: readonly string[];
}

/** One server for each behaviour, in that order, all with the same files, and right clocks. */
export async function startRoutes(behaviours: readonly Behaviour[], files: Files): Promise<Fleet> {
  const servers = await Promise.all(behaviours.map((behaviour) => startRoute(behaviour, files)));
  for (const server of servers) server.wall = () => now;
  return {
    servers,
    urls: servers.map(({ url }) => url),
    async [Symbol.asyncDispose]() {
      for (const server of servers) await server.close();
    },
  };
}

/** The routes of a run that knows of no others. */
async function runRoutes(
  ports: NodePorts,
  store: Store,
  given: readonly Route[],
): Promise<RunRoutes> {
  const memory = await RouteMemory.open(store, ports.clock);
  return new RunRoutes({ given, tickets: [], memory, store, ports });
}

export async function startRun(
  ports: NodePorts,
  store: Store,
  trust: Uint8Array | undefined,
  urls: readonly string[],
): Promise<Run> {
  return {
    ports,
    routes: await runRoutes(ports, store, parseRoutes(urls)),
    state: await TrustState.open(store, trust, now),
    limits: quickLimits,
    retries: new RetryBudget(),
    now,
    signal: new AbortController().signal,
  };
}
