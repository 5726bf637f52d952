import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join, relative } from "node:path";
import { bundle } from "./bundle.ts";
import { root } from "./checkout.ts";

// npm runs this as `prepack` in the folder of the package: it makes dist from src, from nothing.
const folder = process.cwd();

removeOldOutput();
compile();
bundle(folder);
for (const file of globSync("dist/**/*.d.ts", { cwd: folder })) rewriteSpecifiers(file);
copyAssets();
refuseSourceSpecifiers();
copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"));

/** `tsc -b` leaves the output of deleted modules behind, and `npm pack` would ship it. */
function removeOldOutput(): void {
  rmSync(join(folder, "dist"), { recursive: true, force: true });
  // Without its record of the last build, tsc does not take the missing output for current.
  rmSync(join(folder, "tsconfig.build.tsbuildinfo"), { force: true });
}

function compile(): void {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const args = [tsc, "-b", "tsconfig.build.json"];
  const { status } = spawnSync(process.execPath, args, { cwd: folder, stdio: "inherit" });
  if (status !== 0) fail("tsc failed");
}

/** tsc rewrites `./a.ts` to `./a.js` in what it emits, except in declarations. */
function rewriteSpecifiers(file: string): void {
  const path = join(folder, file);
  const text = readFileSync(path, "utf8");
  writeFileSync(
    path,
    text.replace(/((?:\bfrom|\bimport)\s*\(?\s*")(\.{1,2}\/[^"]+)\.ts(")/g, "$1$2.js$3"),
  );
}

/** What is neither code nor built by tsc, as a JSON Schema, stands beside its module in dist. */
function copyAssets(): void {
  const source = join(folder, "src");
  cpSync(source, join(folder, "dist"), {
    recursive: true,
    filter: (path) => !/\.[cm]?ts$/.test(basename(path)),
  });
  for (const empty of emptyFolders(join(folder, "dist"))) rmSync(empty, { recursive: true });
}

function emptyFolders(top: string): readonly string[] {
  const folders = globSync("**/", { cwd: top }).map((name) => join(top, name));
  return folders.filter((each) => existsSync(each) && readdirSync(each).length === 0);
}

/** A `.ts` specifier works in a checkout and breaks in every installed copy. */
function refuseSourceSpecifiers(): void {
  const specifier = /(?:\bfrom|\bimport|\bURL)\s*\(?\s*["'`]\.{1,2}\/[^"'`]+\.ts["'`]/;
  for (const file of globSync("dist/**/*.{js,d.ts}", { cwd: folder })) {
    const line = readFileSync(join(folder, file), "utf8")
      .split("\n")
      .findIndex((each) => specifier.test(each));
    if (line !== -1) fail(`${file}:${line + 1} names a .ts file`);
  }
}

function fail(why: string): never {
  process.stderr.write(`${relative(root, folder)}: ${why}\n`);
  process.exit(1);
}
