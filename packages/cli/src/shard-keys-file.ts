import path from "node:path";

/** Where a vendor's folder has the keys of its sealed routes. */
export function shardKeysFile(dir: string): string {
  return path.resolve(dir, "keys", "shards.json");
}
