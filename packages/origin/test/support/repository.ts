import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A folder that looks like a repository's tree. */
export class TestRepository {
  readonly tree = mkdtempSync(join(tmpdir(), "causeway-origin-"));

  constructor() {
    this.write("metadata/timestamp.json", Buffer.from('{"signed":{"version":1}}'));
  }

  /** Replaces the file as a publish does: a temporary name, then a rename. */
  write(path: string, bytes: Uint8Array): void {
    const full = join(this.tree, path);
    mkdirSync(dirname(full), { recursive: true });
    const temporary = join(dirname(full), `.${process.pid}.tmp`);
    writeFileSync(temporary, bytes);
    renameSync(temporary, full);
  }

  /** Adds a target under its hashed name. @returns its path */
  addTarget(bytes: Uint8Array, name = "patch.bin"): string {
    const path = `targets/${sha256Hex(bytes)}.${name}`;
    this.write(path, bytes);
    return path;
  }

  remove(): void {
    rmSync(this.tree, { recursive: true, force: true });
  }
}

export function sha256Hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Bytes that no shift or repetition makes equal. */
export function noise(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = state >>> 23;
  }
  return bytes;
}
