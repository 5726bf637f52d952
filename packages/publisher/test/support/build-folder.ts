import { hash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Sha256 } from "@causeway/kernel";
import {
  type BuildRequest,
  type Built,
  buildArtifacts,
  type OldVersion,
} from "../../src/artifacts/build.ts";

/** A folder of files to build from, and one to build in; gone after the test. */
export class BuildFolder {
  readonly path: string;
  readonly outDir: string;

  constructor(t: TestContext) {
    this.path = mkdtempSync(join(tmpdir(), "causeway-artifacts-"));
    this.outDir = join(this.path, "out");
    mkdirSync(this.outDir);
    t.after(() => rmSync(this.path, { recursive: true, force: true }));
  }

  file(name: string, bytes: Uint8Array): string {
    const path = join(this.path, name);
    writeFileSync(path, bytes);
    return path;
  }

  old(name: string, bytes: Uint8Array): OldVersion {
    return { name, file: this.file(name, bytes), sha256: sha256Of(bytes) };
  }

  build(file: string, more: Partial<BuildRequest> = {}): Promise<Built> {
    return buildArtifacts({ file, outDir: this.outDir, olds: [], ...more });
  }

  /** Names of what lies in the folder that is built in. */
  left(): readonly string[] {
    return readdirSync(this.outDir);
  }
}

export function sha256Of(bytes: Uint8Array): Sha256 {
  return hash("sha256", bytes) as Sha256;
}
