import { outputFile, stateFolder } from "../customer.ts";
import type { Checker } from "./checker.ts";
import type { Scene } from "./scene.ts";

/**
 * Law 1: what stands under the patch's name, or is kept as trusted metadata, is byte for byte
 * something that the vendor published.
 */
export function opensOnlyVerified({ world, vendor, disk }: Scene): Checker {
  return {
    diskChanged(name) {
      const bytes = disk.folders.get(name)?.bytes;
      if (bytes === undefined) return;
      if (name === outputFile && vendor.patchOf(bytes) === undefined) {
        world.broke(1, `${bytes.length} bytes stand under ${name} that nobody published`);
      }
      if (name.startsWith(`${stateFolder}/`) && isDocument(name)) {
        if (vendor.document(bytes) !== undefined) return;
        world.broke(1, `${name} holds ${bytes.length} bytes that the vendor did not sign`);
      }
    },
  };
}

function isDocument(name: string): boolean {
  return name === `${stateFolder}/pinned-root.json` || name.startsWith(`${stateFolder}/metadata/`);
}
