import {
  type CatalogueEntry,
  canonicalJson,
  cataloguePath,
  encodeCatalogue,
  type ProductId,
} from "@causeway/kernel";
import type { GeneratedFile } from "./generated-file.ts";
import { byNewest, type Release } from "./release.ts";

/** The catalogue of each product that has releases, newest release first. */
export function catalogues(releases: readonly Release[]): readonly GeneratedFile[] {
  const byProduct = new Map<ProductId, Release[]>();
  for (const release of releases) {
    const { product } = release.record;
    const known = byProduct.get(product);
    if (known === undefined) byProduct.set(product, [release]);
    else known.push(release);
  }
  return [...byProduct].map(([product, ofProduct]) => ({
    path: cataloguePath(product),
    bytes: canonicalJson(
      encodeCatalogue({ product, releases: ofProduct.toSorted(byNewest).map(entryOf) }),
    ),
  }));
}

function entryOf({ record, target }: Release): CatalogueEntry {
  return {
    version: record.version,
    platform: record.platform,
    severity: record.severity,
    releasedAt: record.releasedAt,
    target: target.path,
    length: target.length,
  };
}
