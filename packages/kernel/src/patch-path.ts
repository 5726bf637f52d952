import { malformed } from "./fields.ts";
import {
  isPlatform,
  isProductId,
  isTargetPath,
  type Platform,
  type ProductId,
  type TargetPath,
} from "./names.ts";
import { isVersion, type Version } from "./version.ts";

/** What a patch's path says of it. */
export interface PatchName {
  readonly product: ProductId;
  readonly version: Version;
  readonly platform: Platform;
  /** As the vendor called the file. */
  readonly file: string;
}

/** Where a patch lies: `patches/node/24.21.0/linux-x64/node`. */
export function patchPath({ product, version, platform, file }: PatchName): TargetPath {
  return `patches/${product}/${version}/${platform}/${file}` as TargetPath;
}

/** @throws {TrustError} `TRUST_MALFORMED` when no patch can lie there */
export function readPatchPath(path: string): PatchName {
  const [folder, product = "", version = "", platform = "", file, ...rest] = path.split("/");
  const isPatch = folder === "patches" && file !== undefined && rest.length === 0;
  const isNamed = isProductId(product) && isVersion(version) && isPlatform(platform);
  if (!isPatch || !isNamed || !isTargetPath(path)) {
    throw malformed(path.slice(0, 200), "is not where a patch lies");
  }
  return { product, version, platform, file };
}

/** The files that are made from a patch lie beside it. Their names follow from its own. */
const suffixes = {
  index: ".chunks",
  pack: ".pack.zst",
  delta: ".delta.zst",
  deltas: ".deltas.json",
} as const;

/** What a name made by the functions below ends with. */
export const artifactSuffixes: readonly string[] = Object.values(suffixes);

/** Of the patch, or of a delta. */
export function indexPath(path: TargetPath): TargetPath {
  return derived(path, suffixes.index);
}

export function packPath(patch: TargetPath): TargetPath {
  return derived(patch, suffixes.pack);
}

export function deltaPath(patch: TargetPath, from: Version): TargetPath {
  return derived(patch, `.from-${from}${suffixes.delta}`);
}

/** Of the list of the patch's deltas. */
export function deltaListPath(patch: TargetPath): TargetPath {
  return derived(patch, suffixes.deltas);
}

/** @throws {TrustError} `TRUST_MALFORMED` when the patch's name is too long for it */
function derived(path: TargetPath, suffix: string): TargetPath {
  const name = `${path}${suffix}`;
  if (isTargetPath(name)) return name;
  throw malformed(path, `has too long a name: ${suffix} does not fit`);
}
