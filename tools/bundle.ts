import { globSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { root } from "./checkout.ts";

// Makes the JavaScript of the packages in few files, and tsc makes their declarations: a file for
// each module makes a client's start a quarter longer, and a fleet pays that at every poll. `npm run
// build` gives the packages' folders as arguments.
if (import.meta.main) for (const folder of process.argv.slice(2)) bundle(resolve(folder));

export function bundle(folder: string): void {
  const manifest = readFileSync(join(folder, "package.json"), "utf8");
  const { exports } = JSON.parse(manifest) as Manifest;
  for (const old of globSync("dist/**/*.js", { cwd: folder })) rmSync(join(folder, old));
  buildSync({
    entryPoints: [
      ...Object.values(exports).map((entry) => join(folder, entry["causeway-source"])),
      // Processes and threads of their own, which start by file name.
      ...globSync("src/*-main.ts", { cwd: folder }).map((name) => join(folder, name)),
    ],
    outbase: join(folder, "src"),
    outdir: join(folder, "dist"),
    absWorkingDir: root, // names of files in comments are the same whoever runs this
    bundle: true,
    splitting: true, // a class is the same from every entry, and `import()` still loads late
    format: "esm",
    platform: "node",
    target: "node24",
    packages: "external",
    charset: "utf8",
    logLevel: "warning",
  });
}

interface Manifest {
  readonly exports: Readonly<Record<string, { readonly "causeway-source": string }>>;
}
