import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../../tools/checkout.ts";
import type { Mutation } from "./mutation.ts";

const packages = ["kernel", "trust", "client", "sim"];

// The same place for each, so that what one has compiled the next need not: most files are the same.
const folder = join(tmpdir(), `causeway-mutated-${process.pid}`);

/**
 * Copies the packages that the simulator runs to a folder of their own, with the bug in them. They
 * find each other there, by links that lead to nowhere else. One bug at a time.
 */
export function copyWith({ name, edits }: Mutation): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "node_modules/@causeway"), { recursive: true });
  for (const each of packages) {
    for (const part of ["src", "package.json"]) {
      const path = join("packages", each, part);
      cpSync(join(root, path), join(folder, path), { recursive: true });
    }
    symlinkSync(join(folder, "packages", each), join(folder, "node_modules/@causeway", each));
  }
  for (const { file, find, replace } of edits) {
    const path = join(folder, "packages", file);
    writeFileSync(path, around(path, find, name).join(replace));
  }
  return folder;
}

/** Fails unless each of the bugs can be put where the code is today. */
export function requirePlaces({ name, edits }: Mutation): void {
  for (const { file, find } of edits) around(join(root, "packages", file), find, name);
}

/** What stands before and after the one place of `find`. */
function around(path: string, find: string, name: string): readonly string[] {
  const parts = readFileSync(path, "utf8").split(find);
  assert.equal(parts.length, 2, `${name}: ${path} has ${parts.length - 1} times:\n${find}`);
  return parts;
}
