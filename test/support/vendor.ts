import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { causeway } from "./cli.ts";

/** A vendor's folder with published patches, made with the commands that a user would type. */
export class TestVendor {
  readonly dir: string;
  readonly tree: string;
  readonly root: string;

  private constructor(dir: string) {
    this.dir = dir;
    this.tree = path.join(dir, "repository");
    this.root = path.join(this.tree, "metadata", "1.root.json");
  }

  static async make(folder: string): Promise<TestVendor> {
    const vendor = new TestVendor(path.join(folder, "vendor"));
    await vendor.run("init", vendor.dir, "--name", "Contoso", "--dev");
    return vendor;
  }

  /** Runs a command that must succeed. */
  async run(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await causeway(args);
    assert.equal(code, 0, `causeway ${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  /** Adds `bytes` as a version of `reader`, for any platform, and publishes it. */
  async release(version: string, bytes: Uint8Array): Promise<void> {
    const file = path.join(this.dir, "..", "reader.bin");
    await writeFile(file, bytes);
    const what = ["--product", "reader", "--version", version, "--dir", this.dir];
    await this.run("add", file, ...what);
    await this.run("publish", "--dir", this.dir);
  }
}

/** Bytes that half compress, as programs do. */
export function programBytes(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 8192)
    randomBytes(Math.min(4096, length - at)).copy(bytes, at);
  return bytes;
}
