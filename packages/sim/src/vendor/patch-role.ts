import {
  type Artifact,
  canonicalJson,
  cataloguePath,
  deltaListPath,
  deltaPath,
  encodeCatalogue,
  encodeDeltas,
  encodeRelease,
  hashedTargetPath,
  type Instant,
  indexPath,
  type JsonInput,
  type Platform,
  type ProductId,
  packPath,
  patchPath,
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
  const artifact = (at: TargetPath, file: Blob): Artifact => {
    add(at, file);
    return { path: at, length: file.bytes.length, sha256: file.sha256 };
  };
  const list = deltaList(files, before, path, artifact);
  const record = encodeRelease({
    product,
    version,
    platform,
    severity,
    advisories: ["MS03-026"],
    install: "file",
    releasedAt: toUtcSecond(patch.releasedAt),
    index: artifact(indexPath(path), files.index),
    ...(files.pack && { pack: artifact(packPath(path), files.pack) }),
    ...(list && { deltas: artifact(deltaListPath(path), list) }),
  });
  add(path, files, record);
}

/** The list of the one delta, from the version before; undefined when there is none. */
function deltaList(
  { delta }: PatchFiles,
  before: PublishedPatch | undefined,
  path: TargetPath,
  artifact: (at: TargetPath, file: Blob) => Artifact,
): Blob | undefined {
  if (delta === undefined || before === undefined) return undefined;
  const at = deltaPath(path, before.version);
  const { bytes, sha256 } = delta.from;
  const one = {
    ...artifact(at, delta.file),
    from: { version: before.version, length: bytes.length, sha256 },
    index: artifact(indexPath(at), delta.index),
  };
  return blob(canonicalJson(encodeDeltas([one])));
}

function targetPath(version: Version): TargetPath {
  return patchPath({ product, version, platform, file: "app.bin" });
}
