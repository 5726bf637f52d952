import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { HostError } from "@causeway/kernel";
import { Places } from "../src/config/places.ts";
import { sha256Of } from "../src/disk/digest.ts";
import type { Carrier, Source } from "../src/publish/carrier.ts";
import { type CarriedRoute, carry } from "../src/publish/carry.ts";
import { OwnFiles } from "../src/publish/own-files.ts";
import type { MetadataFile, Tree, TreeFile } from "../src/publish/tree.ts";
import { VendorFolder } from "../src/vendor-folder.ts";
import { treeDigests } from "./support/tree-digests.ts";
import { TestVendor } from "./support/vendor.ts";

/** A service that has what it was sent at once, and is read back afterwards. */
class Service implements Carrier {
  readonly id = "cloud";
  readonly actsAtOnce = 2;
  readonly files = new Map<string, Uint8Array>();
  readonly sent: string[] = [];
  /** The next write of a name with such an end keeps other bytes, and is cut off before they are read. */
  cutOff: string | undefined;

  async write(file: TreeFile, source: Source): Promise<boolean> {
    const bytes = source.kind === "bytes" ? source.bytes : await readFile(source.path);
    this.sent.push(file.path);
    if (this.cutOff !== undefined && file.path.endsWith(this.cutOff)) {
      this.cutOff = undefined;
      this.files.set(file.path, new Uint8Array(bytes.length));
      throw new HostError("HOST_IO", "gone");
    }
    this.files.set(file.path, bytes);
    return sha256Of(bytes) === file.sha256;
  }

  length = async (path: string): Promise<number | undefined> => this.files.get(path)?.length;
  sha256 = async (path: string): ReturnType<Carrier["sha256"]> => {
    return sha256Of(this.files.get(path) ?? new Uint8Array());
  };
  read = async (path: string): Promise<Uint8Array | undefined> => this.files.get(path);
  list = async (): Promise<readonly string[]> => [...this.files.keys()];
  place = async (): Promise<string> => "cloud";
  prepare = async (): Promise<void> => undefined;
  finish = async (): Promise<void> => undefined;
  remove = async (): Promise<void> => undefined;
  fetch = async (): Promise<boolean> => false;
  close(): void {}
}

async function fileOf(repository: string, path: string): Promise<MetadataFile> {
  const bytes = await readFile(join(repository, path));
  return { path, bytes, length: bytes.length, sha256: sha256Of(bytes) };
}

test("what was sent and not read back is read in the next run, and nothing else is", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.add({ version: "1.0" });
  await vendor.publish();
  const at = (path: string): Promise<MetadataFile> => fileOf(vendor.repository, path);
  const digests = await treeDigests(join(vendor.repository, "targets"));
  const tree: Tree = {
    targets: await Promise.all([...digests.keys()].map((path) => at(`targets${path}`))),
    metadata: [],
    roots: [await at("metadata/1.root.json")],
    timestamp: await at("metadata/timestamp.json"),
    isBridged: false,
  };
  const service = new Service();
  const run = async (): Promise<CarriedRoute | undefined> => {
    service.sent.length = 0;
    const own = new OwnFiles(vendor.repository, [], () => undefined);
    const [route] = await carry(own, tree, [service], {
      folder: new VendorFolder(vendor.dir),
      places: await Places.beside(vendor.dir),
      onProgress: () => undefined,
      signal: undefined,
      everyByte: false,
      pages: () => Promise.resolve(undefined),
      pagesLast: false,
    });
    return route;
  };
  service.cutOff = ".reader";
  assert.equal((await run())?.ok, false);
  assert.equal((await run())?.ok, true);
  assert.ok(service.sent.some((path) => path.endsWith(".reader")));
  for (const { path, sha256 } of tree.targets) assert.equal(await service.sha256(path), sha256);
  const damaged = service.files.get(tree.targets[0]?.path ?? "");
  damaged?.fill(0); // in place, later, and by others: for that there is --every-byte
  assert.equal((await run())?.ok, true);
  assert.deepEqual(service.sent, []);
  assert.deepEqual(await readdir(join(vendor.dir, "unread")), []);
});
