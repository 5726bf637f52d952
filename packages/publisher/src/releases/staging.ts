import {
  type Artifact,
  type Delta,
  deltaPath,
  indexPath,
  type ProductId,
  packPath,
  type ReleaseRecord,
  type TargetPath,
} from "@causeway/kernel";
import type { Built, BuiltFile } from "../artifacts/build.ts";
import { moveDurably } from "../disk/files.ts";
import type { VendorFolder } from "../vendor-folder.ts";
import type { Advisory } from "./advisory.ts";
import { deltaListOf } from "./delta-list.ts";
import type { Intent } from "./intent.ts";
import type { Release } from "./release.ts";

/** The release that was asked for, with the artifacts that were built for it. */
export function releaseOf(
  product: ProductId,
  intent: Intent,
  path: TargetPath,
  advisories: readonly Advisory[],
  built: Built,
  olds: readonly Release[],
): Release {
  const artifact = (at: TargetPath, file: BuiltFile): Artifact => {
    return { path: at, length: file.length, sha256: file.sha256 };
  };
  const deltas = built.deltas.flatMap((delta): Delta[] => {
    const old = olds.find(({ target }) => target.sha256 === delta.fromSha256);
    if (old === undefined) return [];
    const { version } = old.record;
    const { length, sha256 } = old.target;
    const at = deltaPath(path, version);
    return [
      {
        ...artifact(at, delta),
        from: { version, length, sha256 },
        index: artifact(indexPath(at), delta.index),
      },
    ];
  });
  const list = deltaListOf(path, deltas);
  const record: ReleaseRecord = {
    product,
    version: intent.version,
    platform: intent.platform,
    severity: intent.severity,
    advisories: advisories.map((advisory) => advisory.id),
    install: intent.install,
    ...(intent.minimumVersion !== undefined && { minimumVersion: intent.minimumVersion }),
    releasedAt: intent.releasedAt,
    index: artifact(indexPath(path), built.index),
    ...(built.pack !== undefined && { pack: artifact(packPath(path), built.pack) }),
    ...(list !== undefined && { deltas: list }),
  };
  return { target: artifact(path, built.raw), record, deltas };
}

/** Moves what was built to staged/, where publish finds it. @throws {HostError} */
export async function stage(folder: VendorFolder, built: Built): Promise<void> {
  const deltas = built.deltas.flatMap((delta) => [delta, delta.index]);
  const files = [built.raw, built.index, ...(built.pack ? [built.pack] : []), ...deltas];
  const moved = new Set<string>();
  for (const file of files) {
    if (moved.has(file.sha256)) continue; // an index that happens to equal another
    moved.add(file.sha256);
    await moveDurably(file.file, folder.stagedFile(file.sha256));
  }
}
