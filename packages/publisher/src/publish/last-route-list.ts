import { join } from "node:path";
import {
  decodeRouteList,
  hashedTargetPath,
  parseJson,
  type RouteList,
  routeListBytesMax,
  TrustError,
} from "@causeway/kernel";
import { sha256Of } from "../disk/digest.ts";
import { readFileUpTo } from "../disk/files.ts";
import type { VendorFolder } from "../vendor-folder.ts";
import { type Published, routeListEntry } from "./published.ts";

/** The route list that is public, or undefined when it is gone or damaged: then it is made anew. */
export async function lastRouteList(
  folder: VendorFolder,
  published: Published,
): Promise<RouteList | undefined> {
  const entry = routeListEntry(published.delegated);
  if (entry === undefined) return undefined;
  const path = join(folder.repository, "targets", hashedTargetPath(entry.path, entry.sha256));
  const bytes = await readFileUpTo(path, routeListBytesMax);
  if (bytes === undefined || sha256Of(bytes) !== entry.sha256) return undefined;
  try {
    return decodeRouteList(parseJson(bytes, entry.path));
  } catch (error) {
    if (error instanceof TrustError) return undefined;
    throw error;
  }
}
