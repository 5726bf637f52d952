import { isSha256, type Sha256 } from "./names.ts";

/** What a file's name alone promises about it, and a server of any kind tells readers. */
export interface FileNaming {
  /** The SHA-256 that a hashed target carries in its name. */
  readonly sha256: Sha256 | undefined;
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
// Only the public page is made of pages: a target is a file to keep, never one to show, so that
// no vendor's file runs as a page of the host that carries it.
const pageMediaTypes: ReadonlyMap<string, string> = new Map([
  ["html", "text/html; charset=utf-8"],
  ["css", "text/css; charset=utf-8"],
  ["js", "text/javascript; charset=utf-8"],
  ["svg", "image/svg+xml"],
  ["png", "image/png"],
  ["xml", "application/xml"],
  ["atom", "application/atom+xml"],
]);

/** @param path of the repository's tree, as `targets/products/<sha256>.reader.json` */
export function namingOf(path: string): FileNaming {
  const area = path.slice(0, path.indexOf("/"));
  const name = path.slice(path.lastIndexOf("/") + 1);
  const sha256 = area === "targets" ? hashInFront(name) : undefined;
  return {
    sha256,
    cacheControl: cacheControl(area, name, sha256),
    mediaType: mediaType(area, name),
  };
}

function hashInFront(name: string): Sha256 | undefined {
  const hash = name.slice(0, 64);
  return name[64] === "." && isSha256(hash) ? hash : undefined;
}

function cacheControl(area: string, name: string, sha256: Sha256 | undefined): string {
  if (sha256 !== undefined) return forever;
  // Consistent snapshots: a version of a role is written once (TUF 1.0.34 section 6.2).
  if (area === "metadata" && /^[1-9][0-9]*\.[^.].*\.json$/.test(name)) return forever;
  // Under attack the public page is the way to say so; a minute of caches is what it bears.
  return area === "security" ? "public, max-age=60" : "no-cache";
}

function mediaType(area: string, name: string): string {
  const extension = name.slice(name.lastIndexOf(".") + 1);
  const page = area === "security" ? pageMediaTypes.get(extension) : undefined;
  return page ?? mediaTypes.get(extension) ?? "application/octet-stream";
}
