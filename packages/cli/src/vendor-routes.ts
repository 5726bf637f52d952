import path from "node:path";
import { UsageError } from "@causeway/kernel";
import { readConfig } from "@causeway/publisher";

export interface VendorRoutes {
  readonly name: string;
  /** URLs over HTTP of the routes, without the one that is asked for. Those to try first come
   * first, since an answer has room for a few. */
  readonly others: readonly string[];
}

/** @param self the route that asks, if it is one. @throws {UsageError} also when it is none */
export async function vendorRoutes(dir: string, self: string | undefined): Promise<VendorRoutes> {
  const file = path.resolve(dir, "causeway.yaml");
  const { name, routes, allRoutes } = await readConfig(file);
  if (self !== undefined && !allRoutes.some(({ entry }) => entry.id === self)) {
    const known = allRoutes.map(({ entry }) => entry.id).join(", ") || "none";
    throw new UsageError("USAGE_ARGUMENT", `${file} has no route ${self}; it has: ${known}.`);
  }
  const others = routes
    .filter((route) => route.id !== self && route.state === "active")
    .toSorted((a, b) => a.priority - b.priority)
    .flatMap((route) => route.urls)
    .filter((url) => /^https?:/.test(url));
  return { name, others };
}
