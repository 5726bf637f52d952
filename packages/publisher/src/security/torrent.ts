import { readPatchPath } from "@causeway/kernel";
import { type Bencodable, bencode } from "./bencode.ts";
import type { Pieces } from "./pieces.ts";
import type { PublicPatch } from "./public-patch.ts";
import { treePathOf, type WebRoute } from "./web-routes.ts";

/**
 * The patch as a `.torrent` (BEP 3, version 1) that needs neither tracker nor peer: every route is
 * a web seed (BEP 19). What is hashed into its identity, `info`, does not change with the routes.
 */
export function torrentOf(
  patch: PublicPatch,
  pieces: Pieces,
  routes: readonly WebRoute[],
): Uint8Array {
  const { target, record } = patch;
  const torrent: Bencodable = {
    "creation date": Date.parse(record.releasedAt) / 1000,
    comment: `${record.product} ${record.version} for ${record.platform}`,
    info: {
      length: target.length,
      name: readPatchPath(target.path).file,
      "piece length": pieces.pieceLength,
      pieces: pieces.sha1,
    },
    ...(routes.length > 0 && { "url-list": routes.map(({ base }) => base + treePathOf(patch)) }),
  };
  return bencode(torrent);
}
