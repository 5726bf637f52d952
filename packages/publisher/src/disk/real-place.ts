import { realpath } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";

/**
 * Where a path leads once its links are followed, as far as they can be: its last parts may not
 * exist yet.
 */
export async function realPlace(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    // Whatever is wrong with the place itself, whoever writes there will tell.
    return dirname(path) === path ? path : join(await realPlace(dirname(path)), basename(path));
  }
}

/** True when `inner` is `outer` or lies within it; both are real. */
export function isWithin(inner: string, outer: string): boolean {
  const way = relative(outer, inner);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && way !== inner);
}
