import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import {
  type AddOptions,
  addRelease,
  initVendor,
  type PublishOptions,
  publish,
} from "@causeway/publisher";

const common = {
  passphrase: () => Promise.resolve("correct horse"),
  now: () => Date.parse("2026-08-12T09:00:00Z"),
};

/** A vendor folder of development keys, below `folder`. */
export class FormatsVendor {
  readonly folder: string;
  readonly dir: string;
  readonly tree: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.dir = path.join(folder, "vendor");
    this.tree = path.join(this.dir, "repository");
  }

  static async make(folder: string): Promise<FormatsVendor> {
    const vendor = new FormatsVendor(folder);
    await initVendor(vendor.dir, { name: "Contoso", dev: true, ...common });
    return vendor;
  }

  /** Replaces causeway.yaml. */
  configure(yaml: string): void {
    writeFileSync(path.join(this.dir, "causeway.yaml"), yaml);
  }

  /** Adds the bytes as `reader` 1.0.0 for any platform, unless told otherwise. */
  async add(bytes: Uint8Array, options: Partial<AddOptions> = {}): Promise<void> {
    const file = path.join(this.folder, "added");
    writeFileSync(file, bytes);
    const what = { product: "reader", version: "1.0.0", name: "reader.bin", workers: 1 };
    await addRelease(this.dir, { ...what, ...common, ...options, file });
  }

  async publish(options: Partial<PublishOptions> = {}): Promise<void> {
    await publish(this.dir, { ...common, ...options });
  }

  /** Of a generated file. */
  page(name: string): string {
    return path.join(this.tree, "security", name);
  }
}

/** Bytes that do not compress: each piece of them is another. */
export function noise(length: number): Buffer {
  return randomBytes(length);
}
