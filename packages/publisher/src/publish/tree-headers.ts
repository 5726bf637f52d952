import { isSha256 } from "@causeway/kernel";

/** What a store that serves its files itself is to say of one, as our own server does. */
export interface TreeHeaders {
  readonly cacheControl: string;
  readonly mediaType: string;
}

const forever = "public, max-age=31536000, immutable";
const mediaTypes: ReadonlyMap<string, string> = new Map([
  ["json", "application/json"],
  ["txt", "text/plain; charset=utf-8"],
  ["meta4", "application/metalink4+xml"],
  ["torrent", "application/x-bittorrent"],
  ["zst", "application/zstd"],
]);
// Only the public page is made of pages: a target is a file to keep, and never runs as a page.
const pageMediaTypes: ReadonlyMap<string, string> = new Map([
  ["html", "text/html; charset=utf-8"],
  ["css", "text/css; charset=utf-8"],
  ["js", "text/javascript; charset=utf-8"],
  ["svg", "image/svg+xml"],
  ["png", "image/png"],
  ["xml", "application/xml"],
  ["atom", "application/atom+xml"],
]);

/** @param path of the tree, as `targets/products/<sha256>.reader.json` */
export function treeHeaders(path: string): TreeHeaders {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const extension = name.slice(name.lastIndexOf(".") + 1);
  const page = path.startsWith("security/") ? pageMediaTypes.get(extension) : undefined;
  return {
    cacheControl: cacheControl(path, name),
    mediaType: page ?? mediaTypes.get(extension) ?? "application/octet-stream",
  };
}

/** True when the name stands for these bytes for ever, so that nothing else may lie there. */
export function isHashed(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return path.startsWith("targets/") && name[64] === "." && isSha256(name.slice(0, 64));
}

function cacheControl(path: string, name: string): string {
  if (isHashed(path)) return forever;
  if (path.startsWith("metadata/") && /^[1-9][0-9]*\.[^.].*\.json$/.test(name)) return forever;
  return path.startsWith("security/") ? "public, max-age=60" : "no-cache";
}
