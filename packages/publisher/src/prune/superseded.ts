import { namingOf } from "@causeway/kernel";
import type { Published } from "../publish/published.ts";
import { publishedEntries } from "../publish/published.ts";
import { treeOf } from "../publish/tree.ts";

/** What the state that is out names, and what may be older than it. */
export class Superseded {
  readonly #named: ReadonlySet<string>;
  readonly #versions: ReadonlyMap<string, number>;

  constructor(published: Published) {
    const { targets, metadata } = treeOf(published, publishedEntries(published.delegated));
    this.#named = new Set([...targets, ...metadata].map(({ path }) => path));
    this.#versions = new Map([...published.versions, ["snapshot", published.snapshot.version]]);
  }

  /**
   * True for a file of ours that the state does not name: a target, or an older version of a role.
   * Roots stay for ever, since readers go from each to the next; so does what a killed publish left
   * of newer versions, as nothing else may ever get those names.
   */
  has(path: string): boolean {
    if (this.#named.has(path)) return false;
    if (namingOf(path).sha256 !== undefined) return true;
    const [, digits = "", role = ""] =
      /^metadata\/([1-9]\d{0,14})\.([^/]+)\.json$/.exec(path) ?? [];
    return Number(digits) < (this.#versions.get(role) ?? 0);
  }
}

/**
 * In the order in which they go, so that a reader who is late fails before it has begun: what leads
 * to others goes before them.
 */
export function inOrder(paths: readonly string[]): readonly string[] {
  const rank = (path: string): number => {
    if (!path.startsWith("metadata/")) return 2;
    return path.endsWith(".snapshot.json") ? 0 : 1;
  };
  return paths.toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}
