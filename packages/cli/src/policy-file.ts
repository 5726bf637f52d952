import path from "node:path";

/** Where a vendor's folder has the signed policy of its origins; never in what is published. */
export function policyFile(dir: string): string {
  return path.resolve(dir, "policy.json");
}
