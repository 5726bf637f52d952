import { type ExecFileSyncOptions, execFileSync } from "node:child_process";
import { createHash, randomFillSync } from "node:crypto";
import { cpSync, globSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, sourceEnvironment } from "../../tools/checkout.ts";

/** Random bytes: neither pack nor delta makes them fewer, so all programs fetch the same. */
export const fileLength = 90_000_000;
const pieceLength = 1024 * 1024; // of the Metalink
const corruptEvery = 100_000;
const productId = "bench-patch";

/** A real repository with one patch of 90 MB, and a copy of it that is wrong everywhere. */
export interface BenchRepository {
  readonly product: string;
  readonly trees: { readonly honest: string; readonly corrupted: string };
  /** The first root.json. */
  readonly trust: string;
  /** Of the patch itself, below a tree. */
  readonly path: string;
  readonly sha256: string;
  readonly pieces: readonly string[];
}

export function makeRepository(folder: string): BenchRepository {
  const file = join(folder, "patch.bin");
  const bytes = randomFillSync(Buffer.allocUnsafe(fileLength));
  writeFileSync(file, bytes);
  const vendor = join(folder, "vendor");
  causeway("init", vendor, "--name", "Bench", "--product", productId, "--dev");
  causeway("add", file, "--product", productId, "--version", "1.0.0", "--dir", vendor);
  causeway("publish", "--dir", vendor);
  const honest = join(vendor, "repository");
  const path = globSync("targets/**/*patch.bin", { cwd: honest }).find((each) => {
    return statSync(join(honest, each)).size === fileLength;
  });
  if (path === undefined) throw new Error("publish left no patch in the repository");
  const corrupted = join(folder, "corrupted");
  cpSync(honest, corrupted, { recursive: true });
  const wrong = Buffer.from(bytes);
  for (let at = corruptEvery / 2; at < wrong.length; at += corruptEvery)
    wrong[at] = ~(wrong[at] ?? 0);
  writeFileSync(join(corrupted, path), wrong);
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += pieceLength) {
    pieces.push(sha256Of(bytes.subarray(at, at + pieceLength)));
  }
  return {
    product: productId,
    trees: { honest, corrupted },
    trust: join(honest, "metadata/1.root.json"),
    path,
    sha256: sha256Of(bytes),
    pieces,
  };
}

/** A Metalink 4 of the patch (RFC 5854), the first URL preferred. */
export function metalink(repository: BenchRepository, urls: readonly string[]): string {
  const hashes = repository.pieces.map((hash) => `      <hash>${hash}</hash>`);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<metalink xmlns="urn:ietf:params:xml:ns:metalink">',
    '  <file name="out">',
    `    <size>${fileLength}</size>`,
    `    <hash type="sha-256">${repository.sha256}</hash>`,
    `    <pieces length="${pieceLength}" type="sha-256">`,
    ...hashes,
    "    </pieces>",
    ...urls.map((url, at) => `    <url priority="${at + 1}">${url}</url>`),
    "  </file>",
    "</metalink>",
    "",
  ].join("\n");
}

/** True when `file` is the patch. */
export function isPatch(repository: BenchRepository, file: string): boolean {
  try {
    return sha256Of(readFileSync(file)) === repository.sha256;
  } catch {
    return false;
  }
}

/** The URL of the patch itself over a route that serves so. */
export function patchUrl(repository: BenchRepository, base: string): string {
  return base + repository.path;
}

function causeway(...args: readonly string[]): void {
  const main = join(root, "packages/cli/bin/causeway.js");
  const options: ExecFileSyncOptions = {
    env: sourceEnvironment(),
    stdio: ["ignore", "ignore", "pipe"],
  };
  execFileSync(process.execPath, [main, ...args, "--quiet"], { ...options, cwd: root });
}

function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
