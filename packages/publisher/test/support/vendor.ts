import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { InitOptions, LogLine, PublishResult } from "../../src/index.ts";
import { type Added, type AddOptions, addRelease, initVendor, publish } from "../../src/index.ts";

export const day = 86_400_000;

/** A temporary folder that goes when the test ends. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "causeway-publisher-"));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** A vendor folder of development keys, and everything that was logged about it. */
export class TestVendor {
  readonly dir: string;
  readonly parent: string;
  readonly lines: LogLine[] = [];
  now = Date.parse("2026-08-12T09:00:00Z");

  private constructor(parent: string) {
    this.parent = parent;
    this.dir = join(parent, "vendor");
  }

  static async make(t: TestContext, options: Partial<InitOptions> = {}): Promise<TestVendor> {
    const vendor = new TestVendor(await temporaryFolder(t));
    await initVendor(vendor.dir, {
      name: "Contoso",
      dev: true,
      ...vendor.common(),
      ...options,
    });
    return vendor;
  }

  common(): {
    readonly passphrase: () => Promise<string>;
    readonly now: () => number;
    readonly log: (line: LogLine) => void;
  } {
    return {
      passphrase: () => Promise.resolve("correct horse"),
      now: () => this.now,
      log: (line) => void this.lines.push(line),
    };
  }

  get repository(): string {
    return join(this.dir, "repository");
  }

  path(...parts: readonly string[]): string {
    return join(this.dir, ...parts);
  }

  /** Writes a file beside the vendor folder. */
  async file(name: string, bytes: Uint8Array | string): Promise<string> {
    const path = join(this.parent, name);
    await writeFile(path, bytes);
    return path;
  }

  /** Replaces causeway.yaml. */
  async configure(yaml: string): Promise<void> {
    await writeFile(this.path("causeway.yaml"), yaml);
  }

  async add(options: Partial<AddOptions> & { readonly version: string }): Promise<Added> {
    const file = options.file ?? (await this.file("reader", patchBytes(options.version)));
    return addRelease(this.dir, {
      product: "reader",
      workers: 1,
      ...this.common(),
      ...options,
      file,
    });
  }

  publish(): Promise<PublishResult> {
    return publish(this.dir, this.common());
  }

  get warnings(): readonly string[] {
    return this.lines.flatMap(({ level, message }) => (level === "warning" ? [message] : []));
  }
}

/** 200 KB that differ a little from version to version. */
export function patchBytes(version: string): Uint8Array {
  const lines = Array.from({ length: 10_000 }, (_, at) => `line ${at * 7919} of it`);
  lines[5000] = `this is version ${version}`;
  return Buffer.from(lines.join("\n"));
}
