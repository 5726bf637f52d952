import { hash, randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A file of the tree, as it is asked for. */
export interface BenchObject {
  /** Begins with a slash. */
  readonly path: string;
  readonly length: number;
  readonly sha256: string;
}

/** A folder with a repository's tree and what servers need, gone when it is disposed of. */
export class BenchTree implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "causeway-shield-"));
  readonly tree = join(this.folder, "tree");

  constructor() {
    chmodSync(this.folder, 0o755); // some servers become another user
    this.write("metadata/timestamp.json", Buffer.from('{"signed":{"version":1}}'));
  }

  write(path: string, bytes: Uint8Array): void {
    const file = join(this.tree, path);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, bytes);
  }

  /** Adds random bytes under their hashed name. */
  addTarget(length: number): BenchObject {
    const bytes = randomBytes(length);
    const sha256 = hash("sha256", bytes);
    const path = `targets/${sha256}.patch.bin`;
    this.write(path, bytes);
    return { path: `/${path}`, length, sha256 };
  }

  /** A text file beside the tree. @returns its path */
  config(name: string, lines: readonly string[]): string {
    const file = join(this.folder, name);
    writeFileSync(file, `${lines.join("\n")}\n`);
    return file;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
