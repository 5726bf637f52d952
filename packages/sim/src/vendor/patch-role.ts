import {
  canonicalJson,
  cataloguePath,
  encodeCatalogue,
  encodeRelease,
  hashedTargetPath,
  type Instant,
  type JsonInput,
  type Platform,
  type ProductId,
  type TargetPath,
  toUtcSecond,
  type Version,
} from "@causeway/kernel";
import { type Blob, blob, type PatchFiles } from "./patch-files.ts";

export const product = "app" as ProductId;
const platform = "any" as Platform;
const severity = "critical";

/** A patch that is out. */
export interface PublishedPatch {
  readonly version: Version;
  readonly releasedAt: Instant;
  readonly files: PatchFiles;
}

/** The targets of the role `patches`, and the files that a route carries for them. */
export interface PatchTargets {
  readonly targets: JsonInput;
  /** By their path on a route. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** What the role says when these patches are out, the newest last. */
export function patchTargets(patches: readonly PublishedPatch[]): PatchTargets {
  const targets = new Map<string, JsonInput>();
  const files = new Map<string, Uint8Array>();
  const add = (path: TargetPath, file: Blob, custom?: JsonInput): void => {
    const { bytes, sha256 } = file;
    files.set(`targets/${hashedTargetPath(path, sha256)}`, bytes);
    const entry = { length: bytes.length, hashes: { sha256 } };
    targets.set(path, custom === undefined ? entry : { ...entry, custom });
  };
  const releases = patches.map(({ version, releasedAt, files: { bytes } }, number) => {
    const target = targetPath(version);
    const patch = patches[number];
    const before = patches[number - 1];
    if (patch !== undefined) addPatch(patch, before, target, add);
    const releasedAtText = toUtcSecond(releasedAt);
    const { length } = bytes;
    return { version, platform, severity, releasedAt: releasedAtText, target, length } as const;
  });
  add(cataloguePath(product), blob(canonicalJson(encodeCatalogue({ product, releases }))));
  return { targets, files };
}

function addPatch(
  patch: PublishedPatch,
  before: PublishedPatch | undefined,
  path: TargetPath,
  add: (path: TargetPath, file: Blob, custom?: JsonInput) => void,
): void {
  const { version, files } = patch;
  const artifact = (suffix: string, file: Blob) => {
    const name = `${path}${suffix}` as TargetPath;
    add(name, file);
    return { path: name, length: file.bytes.length, sha256: file.sha256 };
  };
  const { delta } = files;
  const deltas =
    delta === undefined || before === undefined
      ? []
      : [
          {
            ...artifact(`.from-${before.version}.delta.zst`, delta.file),
            index: artifact(`.from-${before.version}.delta.zst.chunks`, delta.index),
            from: {
              version: before.version,
              length: delta.from.bytes.length,
              sha256: delta.from.sha256,
            },
          },
        ];
  const record = encodeRelease({
    product,
    version,
    platform,
    severity,
    advisories: ["MS03-026"],
    install: "file",
    releasedAt: toUtcSecond(patch.releasedAt),
    index: artifact(".chunks", files.index),
    ...(files.pack && { pack: artifact(".pack.zst", files.pack) }),
    deltas,
  });
  add(path, files, record);
}

function targetPath(version: Version): TargetPath {
  return `patches/${product}/${version}/${platform}/app.bin` as TargetPath;
}
