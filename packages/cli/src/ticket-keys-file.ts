import path from "node:path";

/** Where a vendor's folder has the keys of its tickets. */
export function ticketKeysFile(dir: string): string {
  return path.resolve(dir, "keys", "tickets.json");
}
