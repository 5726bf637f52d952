import type { Brand } from "./brand.ts";
import { UsageError } from "./errors.ts";

/** A product's id: `node`, `contoso-reader`. */
export type ProductId = Brand<string, "ProductId">;
/** What a patch runs on: `any`, or operating system and processor as `linux-x64`. */
export type Platform = Brand<string, "Platform">;
/** A target's path in the repository: `patches/node/24.21.0/linux-x64/node`. */
export type TargetPath = Brand<string, "TargetPath">;
/** A SHA-256 digest as 64 lower-case hexadecimal digits. */
export type Sha256 = Brand<string, "Sha256">;

const targetPathLengthMax = 512; // far under what any file system or HTTP server refuses
const segmentLengthMax = 150; // with `<sha256>.` in front it still fits a 255-byte file name

export function isProductId(text: string): text is ProductId {
  return /^[a-z0-9][a-z0-9._-]{0,63}$/.test(text) && !text.includes("..");
}

export function isPlatform(text: string): text is Platform {
  return text === "any" || /^[a-z0-9]{1,16}-[a-z0-9_]{1,16}$/.test(text);
}

export function isSha256(text: string): text is Sha256 {
  return /^[0-9a-f]{64}$/.test(text);
}

/** True for a path that every route can carry as it is, and that stays inside the tree. */
export function isTargetPath(text: string): text is TargetPath {
  if (text.length > targetPathLengthMax || !/^[A-Za-z0-9._~/-]+$/.test(text)) return false;
  return text.split("/").every(isFileName);
}

/** True for one segment of a target path. */
export function isFileName(text: string): text is string {
  if (text.length > segmentLengthMax || !/^[A-Za-z0-9._~-]+$/.test(text)) return false;
  return text !== "." && text !== "..";
}

/** @throws {UsageError} `USAGE_NAME` */
export function toProductId(text: string): ProductId {
  if (isProductId(text)) return text;
  throw new UsageError(
    "USAGE_NAME",
    `${shown(text)} is not a product id; use up to 64 of a-z 0-9 . _ -, as contoso-reader.`,
  );
}

/** @throws {UsageError} `USAGE_NAME` */
export function toPlatform(text: string): Platform {
  if (isPlatform(text)) return text;
  throw new UsageError(
    "USAGE_NAME",
    `${shown(text)} is not a platform; write OS-ARCH, as linux-x64 or win32-arm64, or any.`,
  );
}

function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

/**
 * Where a target lies below `targets/` in a repository with consistent snapshots: the hash goes
 * in front of the file name (TUF 1.0.34 section 6.2).
 */
export function hashedTargetPath(path: TargetPath, sha256: Sha256): string {
  const slash = path.lastIndexOf("/") + 1;
  return `${path.slice(0, slash)}${sha256}.${path.slice(slash)}`;
}

/** Where the signed list of one product's releases lies. */
export function cataloguePath(product: ProductId): TargetPath {
  return `products/${product}.json` as TargetPath;
}
