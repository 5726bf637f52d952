import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { userEnvironment } from "../../tools/pack.ts";

/** What `npm install` left in a folder that was empty. */
export interface Installed {
  readonly folder: string;
  readonly packages: number;
  readonly files: number;
  readonly jsBytes: number;
  readonly bytes: number;
}

const installMsMax = 120_000;

/**
 * Installs packages below `parent`, without their scripts.
 * @param wanted what `npm install` is told: names with versions, or tarballs
 * @returns a sentence when that failed
 */
export function install(parent: string, wanted: readonly string[]): Installed | string {
  const folder = mkdtempSync(join(parent, "application-"));
  writeFileSync(join(folder, "package.json"), '{"private": true, "type": "module"}\n');
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
  const { status, stderr } = spawnSync("npm", ["install", ...flags, ...wanted], {
    cwd: folder,
    env: userEnvironment(),
    encoding: "utf8",
    timeout: installMsMax,
  });
  if (status !== 0) return `npm install failed: ${(stderr ?? "").trim().split("\n")[0]}`;
  return { folder, ...contentsOf(join(folder, "node_modules")) };
}

function contentsOf(modules: string): Omit<Installed, "folder"> {
  const record = ".package-lock.json"; // npm's own, of what it installed
  const { packages } = JSON.parse(readFileSync(join(modules, record), "utf8")) as {
    readonly packages: Readonly<Record<string, unknown>>;
  };
  const files = readdirSync(modules, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== record)
    .map(({ name, parentPath }) => ({ name, bytes: statSync(join(parentPath, name)).size }));
  const scripts = files.filter(({ name }) => /\.[cm]?js$/.test(name));
  return {
    packages: Object.keys(packages).length,
    files: files.length,
    jsBytes: total(scripts),
    bytes: total(files),
  };
}

function total(files: readonly { readonly bytes: number }[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
