import { readPatchPath } from "@causeway/kernel";
import { escaped, plainText } from "./markup.ts";
import type { Pieces } from "./pieces.ts";
import type { PublicPatch } from "./public-patch.ts";
import { treePathOf, type WebRoute } from "./web-routes.ts";

const priorityMax = 999_999; // RFC 5854 section 4.2.16.2
const nameMax = 200;

/** The patch as Metalink 4 (RFC 5854): every route, and hashes of pieces to find a bad one by. */
export function metalinkOf(
  patch: PublicPatch,
  pieces: Pieces,
  routes: readonly WebRoute[],
  publisher: string,
): Uint8Array {
  const { target, record } = patch;
  const { file } = readPatchPath(target.path);
  const urls = routes.map(({ base, priority, country }) => {
    const location = country === undefined ? "" : ` location="${country}"`;
    const order = Math.min(priority, priorityMax);
    const url = escaped(base + treePathOf(patch));
    return `    <url${location} priority="${order}">${url}</url>\n`;
  });
  const hashes: string[] = [];
  const all = Buffer.from(pieces.sha256).toString("hex");
  for (let at = 0; at < all.length; at += 64) {
    hashes.push(`      <hash>${all.slice(at, at + 64)}</hash>\n`);
  }
  return Buffer.from(
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
      '<metalink xmlns="urn:ietf:params:xml:ns:metalink">\n' +
      `  <published>${record.releasedAt}</published>\n` +
      `  <file name="${escaped(file)}">\n` +
      `    <size>${target.length}</size>\n` +
      `    <identity>${escaped(record.product)}</identity>\n` +
      `    <version>${escaped(record.version)}</version>\n` +
      `    <publisher name="${escaped(plainText(publisher, nameMax))}"/>\n` +
      `    <hash type="sha-256">${target.sha256}</hash>\n` +
      `    <pieces length="${pieces.pieceLength}" type="sha-256">\n` +
      `${hashes.join("")}    </pieces>\n` +
      `${urls.join("")}  </file>\n` +
      "</metalink>\n",
  );
}
