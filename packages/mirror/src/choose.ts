import { cataloguePath, type ProductId, UsageError } from "@causeway/kernel";
import type { TargetFile } from "@causeway/trust";

/**
 * The targets that a mirror of these products holds: theirs, and all that is no product's, as
 * advisories and the list of routes. None chosen means all.
 * @throws {UsageError} `USAGE_UNKNOWN_PRODUCT` when the repository has no such product
 */
export function chooseTargets(
  targets: readonly TargetFile[],
  products: readonly ProductId[],
): readonly TargetFile[] {
  if (products.length === 0) return targets;
  const paths = new Set(targets.map(({ path }) => path));
  const unknown = products.find((product) => !paths.has(cataloguePath(product)));
  if (unknown !== undefined) {
    const text = `the repository has no product "${unknown}"; check the spelling.`;
    throw new UsageError("USAGE_UNKNOWN_PRODUCT", text);
  }
  const catalogues = new Set<string>(products.map((product) => cataloguePath(product)));
  const folders = new Set<string>(products);
  return targets.filter(({ path }) => {
    const [folder, product = ""] = path.split("/");
    if (folder === "patches") return folders.has(product);
    return folder !== "products" || catalogues.has(path);
  });
}
