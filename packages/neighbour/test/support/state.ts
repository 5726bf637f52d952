import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { writeTree } from "../../../mirror/test/support/vendor-tree.ts";

/** A folder that goes away with the test. */
export function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "causeway-neighbour-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A state that trusts `root`, and holds these files of the repository. @returns its folder */
export function stateWith(
  folder: string,
  root: Uint8Array,
  files: ReadonlyMap<string, Uint8Array> = new Map(),
): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "pinned-root.json"), root);
  mkdirSync(join(folder, "held", ".mirror"), { recursive: true });
  writeTree(join(folder, "held"), files);
  return folder;
}
