import { join } from "node:path";
import { routeListPath } from "@causeway/kernel";
import type { Config } from "../config/config.ts";
import { sha256Of } from "../disk/digest.ts";
import { readFileUpTo, removeFile } from "../disk/files.ts";
import type { TargetEntry } from "../documents/target-entry.ts";
import { documentBytesMax } from "../publish/published.ts";
import type { VendorFolder } from "../vendor-folder.ts";
import { csafPages, providerMetadataUrl } from "./csaf-pages.ts";
import { electronPages } from "./electron.ts";
import { feedOf } from "./feed.ts";
import { pageOf } from "./page.ts";
import { patchPages } from "./patch-pages.ts";
import { piecesOf } from "./pieces.ts";
import type { PublicPatch } from "./public-patch.ts";
import { Publication } from "./publication.ts";
import { securityTxt } from "./security-txt.ts";
import { treePathOf } from "./web-routes.ts";
import { type Page, type PageSource, type WritePagesOptions, writePages } from "./write-pages.ts";

/**
 * Brings `repository/security/` to what the signed documents and causeway.yaml say: formats that
 * others read, and that no client of ours trusts. Needs no key; every target must be in place.
 * @param entries what the signed documents vouch for; anything else stays untold
 * @returns bytes that were written
 * @throws {HostError}
 */
export async function updatePages(
  folder: VendorFolder,
  config: Pick<Config, "name" | "products" | "routes" | "security">,
  entries: readonly TargetEntry[],
  options: WritePagesOptions,
): Promise<number> {
  const publication = new Publication(folder.repository, config, entries);
  const readPieces = (patch: PublicPatch) => {
    const file = join(folder.repository, treePathOf(patch));
    return piecesOf(folder, patch.target, file, options.signal);
  };
  const { name, patches, routes } = publication;
  const root = join(folder.repository, "metadata", "1.root.json");
  const seed = sha256Of((await readFileUpTo(root, documentBytesMax)) ?? name);
  const sources = [
    ...patches.map((patch) => patchPages(patch, routes, name, readPieces)),
    ...electronPages(patches, readPieces),
    ...advisoryPages(publication),
    ...csafPages(publication, config.routes),
    frontPages(publication, config, entries, seed),
  ];
  const bytes = await writePages(folder.repository, sources, options);
  await removeFile(folder.pagesDue);
  return bytes;
}

/** Each advisory as the vendor wrote it, at a name that does not change with its bytes. */
function advisoryPages(publication: Publication): readonly PageSource[] {
  return [...publication.advisories].map(([id, { sha256 }]) => ({
    key: `advisory ${id}`,
    inputs: { sha256 },
    make: async () => [{ path: `osv/${id}.json`, bytes: await publication.advisoryBytes(id) }],
  }));
}

/** What shows all of it together: the page, the feed, security.txt. */
function frontPages(
  publication: Publication,
  { security, products }: Pick<Config, "security" | "products">,
  entries: readonly TargetEntry[],
  seed: string,
): PageSource {
  const { name, routes } = publication;
  const signed = entries
    .filter(({ path }) => path !== routeListPath)
    .map(({ path, sha256 }) => `${path} ${sha256}`)
    .toSorted();
  return {
    key: "front",
    inputs: {
      name,
      seed,
      products: products.map(({ id, name: shown }) => [id, shown]),
      routes: routes.map(({ base, priority }) => [base, priority]),
      security: JSON.stringify(security),
      signed: sha256Of(signed.join("\n")),
    },
    make: async () => {
      const pages: [string, Uint8Array | undefined][] = [
        ["index.html", await pageOf(publication)],
        ["feed.atom", await feedOf(publication, seed)],
        ["security.txt", securityTxt(security, providerMetadataUrl(publication))],
      ];
      return pages.flatMap(([path, bytes]): Page[] =>
        bytes === undefined ? [] : [{ path, bytes }],
      );
    },
  };
}
