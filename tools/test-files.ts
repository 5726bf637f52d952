import { globSync } from "node:fs";
import { root } from "./checkout.ts";

/** Where tests live. A test file outside is one that no runner finds; tools/tidy.test.ts says so. */
export const testGlobs = [
  "packages/*/test/**/*.test.ts",
  "conformance/**/*.test.ts",
  "examples/**/*.test.ts",
  "test/**/*.test.ts",
  "tools/*.test.ts",
] as const;

/** Tests of the quick loop: those of single packages, and of the rules that the house sets itself. */
export const quickGlobs = ["packages/*/test/**/*.test.ts", "tools/*.test.ts"] as const;

/** A file of this name takes more than a few seconds; only `npm test` runs it. */
export function isSlow(file: string): boolean {
  return file.endsWith(".slow.test.ts");
}

/** Paths from the checkout's folder, sorted. */
export function findTests(globs: readonly string[]): readonly string[] {
  return globSync([...globs], { cwd: root, exclude: isOutside }).toSorted();
}

function isOutside(name: string): boolean {
  return name === "node_modules" || name === "dist";
}
