import { isProductId, type ProductId, toProductId, UsageError } from "@causeway/kernel";
import type { Config } from "../config/config.ts";
import { namesIn } from "../disk/files.ts";
import type { Log } from "../log.ts";
import { nearest } from "../nearest.ts";
import type { VendorFolder } from "../vendor-folder.ts";

/**
 * The product that a patch is for. With products listed in causeway.yaml it must be one of them;
 * without, the first patch makes it known.
 * @throws {UsageError} `USAGE_NAME`, `USAGE_UNKNOWN_PRODUCT` naming the nearest known one
 */
export async function productOf(
  folder: VendorFolder,
  config: Config,
  text: string,
  log: Log,
): Promise<ProductId> {
  const id = toProductId(text);
  const listed = config.products.map((product) => product.id);
  if (listed.includes(id)) return id;
  if (listed.length > 0) {
    const near = nearest(id, listed);
    const hint = near === undefined ? "" : ` Did you mean ${near}?`;
    const message = `${id} is not among the products in causeway.yaml; add it there.${hint}`;
    throw new UsageError("USAGE_UNKNOWN_PRODUCT", message);
  }
  const known = (await namesIn(folder.releases)).filter(isProductId);
  if (known.length > 0 && !known.includes(id)) {
    const others = known.slice(0, 5).join(", ");
    log({ level: "warning", message: `${id} is a new product here, beside ${others}.` });
  }
  return id;
}
