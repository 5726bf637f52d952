import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "./checkout.ts";
import { packInto } from "./pack.ts";

const packages = [
  "kernel",
  "trust",
  "client",
  "control",
  "origin",
  "publisher",
  "mirror",
  "neighbour",
  "cli",
] as const;

/** Its `node_modules/` has our packages, and its `tarballs/` what they were laid out from. */
export const shippedFolder = join(root, "node_modules/.cache/shipped");

if (import.meta.main) layOutShipped();

/**
 * Lays out our packages as `npm install` would, from the tarballs that users get; what they depend
 * on is found in the checkout's own node_modules. Bundled, the command line starts in half of the
 * time that it takes from source, and tests start it hundreds of times.
 */
export function layOutShipped(): void {
  rmSync(shippedFolder, { recursive: true, force: true });
  const tarballs = packInto(join(shippedFolder, "tarballs"), packages);
  for (const tarball of tarballs) unpack(tarball);
}

function unpack(tarball: string): void {
  const manifest = execFileSync("tar", ["xzOf", tarball, "package/package.json"]);
  const { name } = JSON.parse(manifest.toString()) as { readonly name: string };
  const place = join(shippedFolder, "node_modules", name);
  mkdirSync(place, { recursive: true });
  execFileSync("tar", ["xzf", tarball, "-C", place, "--strip-components=1"]);
}
