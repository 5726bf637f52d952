import { join } from "node:path";
import { root } from "../../tools/checkout.ts";
import type { BenchTree } from "./bench-tree.ts";

/** The command that serves the tree as a user does, from one process. */
export function origin(
  { tree }: BenchTree,
  port: number,
  more: readonly string[],
): readonly string[] {
  const program = join(root, "packages/cli/bin/causeway.js");
  const place = ["--host", "127.0.0.1", "--port", String(port), "--workers", "1", "--edge", "off"];
  return [process.execPath, program, "serve", "--repository", tree, ...place, ...more];
}
