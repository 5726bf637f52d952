import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

/** Text files of a checkout by their path from its folder, with `/` between parts. */
export type Tree = ReadonlyMap<string, string>;

/** Finds what breaks one law of the house. Each complaint names the file and what to do. */
export type Rule = (tree: Tree) => readonly string[];

const foldersSkipped: ReadonlySet<string> = new Set(["node_modules", "dist", ".git"]);
const readExtensions = /\.(?:ts|mts|js|mjs|cjs|json|md)$/;

export function readTree(root: string): Tree {
  const tree = new Map<string, string>();
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory() && !foldersSkipped.has(entry.name)) visit(path);
      if (entry.isFile() && readExtensions.test(entry.name)) {
        tree.set(path, readFileSync(join(root, path), "utf8"));
      }
    }
  };
  visit("");
  return tree;
}

/** The code files, with their text. */
export function* codeOf(tree: Tree): Generator<readonly [path: string, text: string]> {
  for (const [path, text] of tree) {
    if (/\.(?:ts|mts|js|mjs|cjs)$/.test(path)) yield [path, text];
  }
}

/** The name of the package folder that a file is in, if it is in one. */
export function packageOf(path: string): string | undefined {
  return /^packages\/([^/]+)\//.exec(path)?.[1];
}
