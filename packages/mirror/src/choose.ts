import { cataloguePath, isProductId, type ProductId, UsageError } from "@causeway/kernel";
import type { TargetFile } from "@causeway/trust";

/** Those of the products that the repository does not have. */
export function unknownProducts(
  targets: readonly TargetFile[],
  products: readonly ProductId[],
): readonly ProductId[] {
  const paths = new Set(targets.map(({ path }) => path));
  return products.filter((product) => !paths.has(cataloguePath(product)));
}

/**
 * The targets that a mirror of these products holds: theirs, and all that is no product's, as
 * advisories and the list of routes; all targets when none are chosen.
 * @throws {UsageError} `USAGE_UNKNOWN_PRODUCT` when the repository has no such product
 */
export function chooseTargets(
  targets: readonly TargetFile[],
  products: readonly ProductId[] | undefined,
): readonly TargetFile[] {
  if (products === undefined) return targets;
  const [unknown] = unknownProducts(targets, products);
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

/**
 * The products whose catalogue a route has, of those that the repository has: a copy may be of
 * chosen ones. Undefined when it has all.
 * @param has whether the route has the target
 */
export async function carriedProducts(
  targets: readonly TargetFile[],
  has: (target: TargetFile) => Promise<boolean>,
): Promise<readonly ProductId[] | undefined> {
  const carried: ProductId[] = [];
  let isWhole = true;
  for (const target of targets) {
    const [folder, name = ""] = target.path.split("/");
    const product = name.replace(/\.json$/, "");
    if (folder !== "products" || !isProductId(product)) continue;
    if (await has(target)) carried.push(product);
    else isWhole = false;
  }
  return isWhole ? undefined : carried;
}
