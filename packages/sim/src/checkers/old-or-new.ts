import { outputFile } from "../customer.ts";
import type { Checker } from "./checker.ts";
import type { Scene } from "./scene.ts";

/** Laws 3 and 4: once a patch is there, something as new always is, at any instant. */
export function oldOrNew({ world, vendor, disk }: Scene): Checker {
  let newest = -1;
  let seen: unknown;
  return {
    diskChanged() {
      const file = disk.folders.get(outputFile);
      if (file === seen) return;
      seen = file;
      if (file === undefined) {
        if (newest >= 0) world.broke(4, `${outputFile} is gone`);
        return;
      }
      const number = vendor.patchOf(file.bytes);
      if (number === undefined) return; // law 1's to tell
      if (number < newest) world.broke(3, `patch ${number + 1} took the place of ${newest + 1}`);
      newest = number;
    },
  };
}
