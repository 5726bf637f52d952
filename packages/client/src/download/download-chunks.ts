import { hashedTargetPath, type RouteError } from "@causeway/kernel";
import { fetchChunks } from "../fetch/chunk-fetch.ts";
import { ChunkQueue } from "../fetch/chunk-queue.ts";
import type { ChunkSource } from "../fetch/chunk-source.ts";
import type { Route } from "../routes/route.ts";
import { type DownloadJob, noRoute, routesOf } from "./download-job.ts";
import type { Partial } from "./partial.ts";

type Failures = ReadonlyMap<Route, RouteError>;

const locationsMax = 4; // one for each kind of hash in its name

/** Where a file's own bytes lie, by its names below `targets/`. */
export function rawSources(locations: readonly string[], length: number): readonly ChunkSource[] {
  return locations.slice(0, locationsMax).map((location) => {
    return { kind: "raw", path: `targets/${location}`, length, ranged: true };
  });
}

/** Where the pack of `job`'s target lies, when its record and its index agree on one. */
export function packSource(job: DownloadJob, partial: Partial): ChunkSource | undefined {
  const { pack } = job.request.release;
  const known = partial.index.pack;
  if (pack === undefined || known === undefined) return undefined;
  if (pack.sha256 !== known.sha256 || pack.length !== known.length) return undefined;
  const path = `targets/${hashedTargetPath(pack.path, pack.sha256)}`;
  return { kind: "pack", path, length: pack.length, ranged: true };
}

/**
 * Fetches `numbers` into `partial` over all routes: from the pack where that is less, then from
 * the raw file, then from routes that only send whole files.
 * @throws {NoRouteDelivered} what came until then stays in `partial`
 * @throws {HostError}
 */
export async function fetchInto(
  job: DownloadJob,
  partial: Partial,
  sources: { readonly pack: ChunkSource | undefined; readonly raw: readonly ChunkSource[] },
  numbers: readonly number[],
  what: string,
): Promise<void> {
  const live = (): readonly Route[] =>
    routesOf(job).filter(({ standing }) => !standing.retirement.aborted);
  const isTrusted = (route: Route): boolean => route.trustworthy;
  const first = sources.pack === undefined ? sources.raw : [sources.pack, ...sources.raw];
  let failures = await fetchOnce(job, partial, first, numbers, () => live().filter(isTrusted));
  if (failures === undefined) return;
  const mayHelp = failures.size === 0 || [...failures].some((failed) => mayBeFileFault(...failed));
  // A pack that is broken as published makes liars of honest routes: ask all of them for the
  // raw file, unless it is plain that nobody can be reached.
  if ((sources.pack !== undefined || !live().every(isTrusted)) && mayHelp) {
    if (sources.pack !== undefined) {
      const why = "no route delivered the pack as it is signed";
      job.progress.tell({ kind: "fallback", from: "pack", why });
    }
    failures = await fetchOnce(job, partial, sources.raw, numbers, live);
    if (failures === undefined) return;
  }
  const whole = sources.raw.map((source) => ({ ...source, ranged: false }));
  const last = failures;
  const rangeless = live().filter((route) => {
    return [route.error, last.get(route)].some((error) => error?.code === "ROUTE_MISLABELLED");
  });
  if ((await fetchOnce(job, partial, whole, numbers, () => rangeless)) === undefined) return;
  throw noRoute(job, what);
}

/** True for a failure that may be of the file that was asked for, and not of the whole route. */
export function mayBeFileFault(route: Route, error: RouteError): boolean {
  if (error.code.startsWith("PROXY_")) return false;
  if (error.code !== "ROUTE_UNREACHABLE") return true;
  return error.silent && route.latencyMs !== undefined;
}

async function fetchOnce(
  job: DownloadJob,
  partial: Partial,
  sources: readonly ChunkSource[],
  numbers: readonly number[],
  routes: () => readonly Route[],
): Promise<Failures | undefined> {
  const { index } = partial;
  const areWhole = sources.every(({ ranged }) => !ranged);
  const queue = new ChunkQueue(
    index.chunks,
    numbers.filter((number) => !partial.has(number)),
  );
  return await fetchChunks(job.ports, {
    file: { index, sources },
    queue,
    routes,
    limits: job.limits,
    retries: job.retries,
    signal: job.signal,
    keep: async (number, chunk, route) => {
      const written = await partial.keep(chunk);
      queue.settle(number);
      for (const other of written) queue.settle(other);
      if (written.length > 0) route.kept(chunk.bytes.length);
      // A server that knows no ranges is none the worse for it once what it sends is right.
      if (areWhole) route.forgive("ROUTE_MISLABELLED");
      job.progress.here(partial.hereLength, index.target.length);
    },
    onBytes: (route, bytes, rate) => job.progress.received(route, bytes, rate),
  });
}
