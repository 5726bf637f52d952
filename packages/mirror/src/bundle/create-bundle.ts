import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import {
  bundleEntriesMax,
  bundlePartName,
  bundlePartsMax,
  isBundleName,
} from "@causeway/client/internal/bundle-files";
import { type Followed, type FollowLimits, follow } from "@causeway/client/internal/follow";
import { toHostError } from "@causeway/client/internal/host-error";
import { readTrust } from "@causeway/client/internal/read-trust";
import { folderStore, type NodePorts } from "@causeway/client/node";
import { HostError, type ProductId, UsageError } from "@causeway/kernel";
import type { TargetFile } from "@causeway/trust";
import { carriedProducts, chooseTargets } from "../choose.ts";
import { type FillProgress, filesOf } from "../fill.ts";
import { TreeFiles } from "../tree-files.ts";
import { filesAlone } from "./files-alone.ts";
import { PartFiles, partCount } from "./part-files.ts";
import { layOut, writeBundle } from "./write-bundle.ts";

export interface BundleOptions {
  /** Its name ends in `.causeway` or `.zip`. */
  readonly file: string;
  /** A repository's folder: a vendor's own, or a mirror's. */
  readonly tree: string;
  /** A root that the tree has to follow from; else its own first one is believed. */
  readonly trust?: string | Uint8Array;
  /** None means all that the tree has. */
  readonly products?: readonly ProductId[];
  /** No file of the bundle is longer; 4095 MiB, which FAT can hold, unless given. */
  readonly partBytes?: number;
  /** Takes the place of a bundle of that name. */
  readonly force?: boolean;
  readonly ports: NodePorts;
  readonly signal: AbortSignal;
}

export interface CreatedBundle {
  /** One, or its parts. */
  readonly files: readonly string[];
  readonly bytes: number;
  readonly versions: Followed["state"]["versions"];
  /** Files of patches, advisories and routes. */
  readonly targets: number;
}

const partBytesDefault = 4095 * 1024 * 1024; // FAT ends one byte below 4 GiB

/**
 * Writes the newest state of a repository's folder, verified, into one file or several parts. The
 * same state and products give the same bytes. Until it is whole nothing has its name.
 * @throws {UsageError} {NoRouteDelivered} {TrustError} {HostError} {Interrupted}
 */
export async function createBundle(
  options: BundleOptions,
  onProgress: (progress: FillProgress) => void = () => undefined,
  limits?: FollowLimits,
): Promise<CreatedBundle> {
  const file = path.resolve(options.file);
  const tree = path.resolve(options.tree);
  requireName(file, options.force === true);
  const trust = (await readTrust(options.trust)) ?? (await firstRoot(tree));
  const { signal } = options;
  const hold = await folderStore(path.dirname(file), options.ports.clock).hold?.(
    `.${path.basename(file)}.lock`,
    signal,
  );
  let state: string | undefined;
  try {
    state = await mkdtemp(path.join(tmpdir(), "causeway-bundle-")).catch((cause: unknown) => {
      throw toHostError(cause, "make a temporary folder");
    });
    const routes = [pathToFileURL(`${tree}/`).href];
    const ports = filesAlone(options.ports);
    const client = { routes, ports, trust, state: folderStore(state, ports.clock) };
    const act = (followed: Followed): Promise<CreatedBundle> => {
      return write({ ...options, file, tree }, followed, onProgress);
    };
    return await follow(client, signal, act, limits);
  } finally {
    hold?.release();
    if (state !== undefined)
      await rm(state, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function write(
  { file, tree, products = [], partBytes = partBytesDefault, signal }: BundleOptions,
  { state }: Followed,
  onProgress: (progress: FillProgress) => void,
): Promise<CreatedBundle> {
  const files = new TreeFiles(tree);
  const has = async ({ locations }: TargetFile): Promise<boolean> => {
    return (await files.length(`targets/${locations[0]}`)) !== undefined;
  };
  const carried = products.length > 0 ? products : await carriedProducts(state.targets, has);
  const targets = filesOf(chooseTargets(state.targets, carried));
  const documents = [...state.roots, ...state.documents, state.timestamp];
  const layout = layOut({
    documents: documents.toSorted((a, b) => compare(a.path, b.path)),
    targets: targets.toSorted((a, b) => compare(a.location, b.location)),
  });
  const folder = path.dirname(file);
  const place = { folder, name: path.basename(file), length: layout.length, partBytes };
  requireFew(layout.entries.length, partCount(place));
  await requireSpace(folder, layout.length);
  const parts = new PartFiles(place);
  try {
    await writeBundle(parts, layout, tree, signal, onProgress);
    await parts.finish();
  } catch (error) {
    await parts.abandon();
    throw error;
  }
  return {
    files: parts.names.map((name) => path.join(folder, name)),
    bytes: layout.length,
    versions: state.versions,
    targets: targets.length,
  };
}

function requireName(file: string, force: boolean): void {
  if (!isBundleName(file)) {
    const text = `${file}: a bundle's name ends in .causeway, or in .zip.`;
    throw new UsageError("USAGE_ARGUMENT", text);
  }
  const there = [file, bundlePartName(file, 1)].find((each) => existsSync(each));
  if (there === undefined || force) return;
  throw new UsageError("USAGE_EXISTS", `${there} is there already; --force replaces it.`);
}

function requireFew(entries: number, parts: number): void {
  if (entries > bundleEntriesMax) {
    const text = `${entries} files are more than a bundle may have; choose products.`;
    throw new UsageError("USAGE_ARGUMENT", text);
  }
  if (parts <= bundlePartsMax) return;
  const text = `that makes ${parts} parts, over ${bundlePartsMax}; make them longer.`;
  throw new UsageError("USAGE_ARGUMENT", text);
}

/** The oldest one that the tree has: whoever trusts an older one finds no way from there. */
async function firstRoot(tree: string): Promise<Uint8Array> {
  const names = await new TreeFiles(tree).names();
  const versions = names.flatMap((name) => {
    const version = /^metadata\/(\d{1,9})\.root\.json$/.exec(name)?.[1];
    return version === undefined ? [] : [Number(version)];
  });
  const first = `metadata/${Math.min(...versions)}.root.json`;
  const bytes = versions.length === 0 ? undefined : await readTrust(path.join(tree, first));
  if (bytes !== undefined) return bytes;
  throw new UsageError("USAGE_ARGUMENT", `${tree} holds no repository; name its folder.`);
}

async function requireSpace(folder: string, needed: number): Promise<void> {
  const free = await folderStore(folder).freeBytes();
  if (free === undefined || free >= needed) return;
  const text = `the bundle needs ${needed} bytes, and the disk of ${folder} has ${free} free.`;
  throw new HostError("HOST_FULL", text);
}

/** In the same order everywhere. */
function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
