import { stateFolder } from "../customer.ts";
import type { SignedDocument } from "../vendor/vendor.ts";
import type { Checker } from "./checker.ts";
import type { Scene } from "./scene.ts";

/**
 * Law 3: no role's trusted version goes back, whatever the disk lost. Only when the vendor takes
 * the keys of timestamp or snapshot away, their versions may start anew (TUF 1.0.34 section
 * 5.3.11): documents of an earlier epoch are not trusted any more.
 */
export function neverRollsBack({ world, vendor, disk }: Scene): Checker {
  const newest = new Map<string, SignedDocument>();
  /** Of the root that was trusted when the newest of a role came: a thief's may be from either side. */
  const epochs = new Map<string, number>();
  return {
    diskChanged(name) {
      if (!name.startsWith(`${stateFolder}/metadata/`)) return;
      const bytes = disk.folders.get(name)?.bytes;
      const document = bytes && vendor.document(bytes);
      if (document === undefined) return;
      if (document.role === "root") {
        const before = newest.get("root");
        if ((before?.version ?? 0) < document.version) newest.set("root", document);
        return;
      }
      const { role, epoch, version } = document;
      const now = newest.get("root")?.epoch ?? 0;
      if (epoch < now) return;
      const before = epochs.get(role) === now ? newest.get(role) : undefined;
      if (before !== undefined && epoch === before.epoch && version < before.version) {
        world.broke(3, `${role} ${version} took the place of ${before.version}`);
      }
      newest.set(role, document);
      epochs.set(role, now);
    },
  };
}
