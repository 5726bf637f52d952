import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
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
  "cli",
] as const;

/**
 * Lays out our packages as `npm install` would, from the tarballs that users get; what they depend
 * on is found in the checkout's own node_modules. Bundled, the command line starts in half of the
 * time that it takes from source, and tests start it hundreds of times.
 * @returns the folder that has them in its node_modules
 */
export function layOutShipped(): string {
  const folder = join(root, "node_modules/.cache/shipped");
  rmSync(folder, { recursive: true, force: true });
  const packed = mkdtempSync(join(tmpdir(), "causeway-packed-"));
  try {
    for (const tarball of packInto(packed, packages)) unpack(tarball, folder);
  } finally {
    rmSync(packed, { recursive: true, force: true });
  }
  return folder;
}

function unpack(tarball: string, folder: string): void {
  const manifest = execFileSync("tar", ["xzOf", tarball, "package/package.json"]);
  const { name } = JSON.parse(manifest.toString()) as { readonly name: string };
  const place = join(folder, "node_modules", name);
  mkdirSync(place, { recursive: true });
  execFileSync("tar", ["xzf", tarball, "-C", place, "--strip-components=1"]);
}
