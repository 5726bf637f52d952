import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { root } from "./checkout.ts";

const lockMsMax = 120_000; // another test file that packs is done long before

/** What a user's shell has: this Node.js first, and nothing of our checkout's settings. */
export function userEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => {
    return name !== "NODE_OPTIONS" && name !== "INIT_CWD" && !/^npm_/i.test(name);
  });
  const path = `${dirname(process.execPath)}${delimiter}${process.env["PATH"] ?? ""}`;
  return { ...Object.fromEntries(entries), PATH: path };
}

/**
 * Builds and packs packages as `npm publish` would. One at a time on this machine: two that
 * build into the same dist would ship each other's half.
 * @returns the tarballs' paths
 */
export function packInto(folder: string, packages: readonly string[]): readonly string[] {
  const cache = join(root, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  mkdirSync(folder, { recursive: true });
  using lock = new DatabaseSync(join(cache, "causeway-pack.lock"), { timeout: lockMsMax });
  lock.exec("BEGIN EXCLUSIVE");
  const workspaces = packages.flatMap((name) => ["--workspace", join("packages", name)]);
  const args = ["pack", "--pack-destination", folder, ...workspaces];
  const run = spawnSync("npm", args, { cwd: root, env: userEnvironment(), encoding: "utf8" });
  if (run.status !== 0) throw new Error(`npm pack failed: ${run.stderr}${run.stdout}`);
  return readdirSync(folder).map((name) => join(folder, name));
}
