import { basename, join, relative } from "node:path";
import {
  type Artifact,
  canonicalJson,
  decodeDeltas,
  decodeRelease,
  encodeDeltas,
  encodeRelease,
  Fields,
  HostError,
  isPlatform,
  isProductId,
  isVersion,
  type JsonInput,
  malformed,
  type Platform,
  type ProductId,
  parseJson,
  type ReleaseRecord,
  TrustError,
  type Version,
} from "@causeway/kernel";
import { namesIn, readFileUpTo } from "../disk/files.ts";
import type { TargetEntry } from "../documents/target-entry.ts";
import type { VendorFolder } from "../vendor-folder.ts";
import { deltaListOf } from "./delta-list.ts";
import type { Release } from "./release.ts";

const releaseBytesMax = 1024 * 1024;

export function encodeReleaseFile(release: Release): Uint8Array {
  const value: JsonInput = {
    _type: "causeway-release",
    target: { ...release.target },
    custom: encodeRelease(release.record),
    deltas: encodeDeltas(release.deltas),
  };
  return canonicalJson(value);
}

/** @throws {HostError} `HOST_CORRUPT_STATE` */
function decodeReleaseFile(bytes: Uint8Array, path: string): Release {
  try {
    const fields = new Fields(parseJson(bytes, path), path);
    const target = fields.object("target");
    const targetPath = target.targetPath("path");
    const record = decodeRelease(fields.get("custom"), targetPath);
    if (record === undefined) throw malformed(path, "is no release");
    const deltas = decodeDeltas(fields.get("deltas") ?? null, targetPath);
    if (record.deltas?.sha256 !== deltaListOf(targetPath, deltas)?.sha256) {
      throw malformed(path, "lists other deltas than its record vouches for");
    }
    return {
      target: {
        path: targetPath,
        length: target.integer("length", 1),
        sha256: target.sha256("sha256"),
      },
      record,
      deltas,
    };
  } catch (cause) {
    if (!(cause instanceof TrustError)) throw cause;
    const message = `${path} was damaged or edited; remove it and add the patch again.`;
    throw new HostError("HOST_CORRUPT_STATE", message, { cause });
  }
}

/** Every release of the folder, or of one product. */
export async function readReleases(
  folder: VendorFolder,
  only?: ProductId,
): Promise<readonly Release[]> {
  const releases: Release[] = [];
  const products = only === undefined ? await namesIn(folder.releases) : [only];
  for (const product of products.filter(isProductId)) {
    const versions = await namesIn(join(folder.releases, product));
    for (const version of versions.filter(isVersion)) {
      releases.push(...(await readVersion(folder, product, version)));
    }
  }
  return releases;
}

async function readVersion(
  folder: VendorFolder,
  product: ProductId,
  version: Version,
): Promise<readonly Release[]> {
  const releases: Release[] = [];
  for (const name of await namesIn(join(folder.releases, product, version))) {
    const platform = basename(name, ".json");
    if (!name.endsWith(".json") || !isPlatform(platform)) continue;
    const path = folder.release(product, version, platform);
    const bytes = await readFileUpTo(path, releaseBytesMax);
    if (bytes === undefined) continue;
    const release = decodeReleaseFile(bytes, path);
    if (!belongsAt(release.record, product, version, platform)) {
      const where = relative(folder.path, path);
      const message = `${where} is the record of another release; move it back.`;
      throw new HostError("HOST_CORRUPT_STATE", message);
    }
    releases.push(release);
  }
  return releases;
}

function belongsAt(
  record: ReleaseRecord,
  product: ProductId,
  version: Version,
  platform: Platform,
): boolean {
  return record.product === product && record.version === version && record.platform === platform;
}

/** All files that add made of a release, as bins list them; the patch itself has the record. */
export function releaseEntries(release: Release): readonly TargetEntry[] {
  const { record, target, deltas } = release;
  return [
    { ...plain(target), custom: encodeRelease(record) },
    plain(record.index),
    ...(record.pack === undefined ? [] : [plain(record.pack)]),
    ...deltas.flatMap((delta) => [plain(delta), plain(delta.index)]),
  ];
}

function plain(artifact: Artifact): TargetEntry {
  return { path: artifact.path, length: artifact.length, sha256: artifact.sha256 };
}
