import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Whole files of a tree, by the path that asks for them. */
export function filesInMemory(tree: string, paths: readonly string[]): ReadonlyMap<string, Buffer> {
  return new Map(
    paths.map((path) => {
      const file = path.endsWith("/") ? `${path}index.html` : path;
      return [path, readFileSync(join(tree, file))];
    }),
  );
}
