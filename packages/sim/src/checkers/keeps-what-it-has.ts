import { chunkLengths, decodeChunkIndex } from "@causeway/kernel";
import { outputFile } from "../customer.ts";
import type { Vendor } from "../vendor/vendor.ts";
import type { Checker } from "./checker.ts";
import type { Scene } from "./scene.ts";

/** A patch of which a killed run has left some. */
interface Left {
  readonly version: string;
  /** Bytes that must not be fetched again. */
  readonly bytes: number;
}

/** Law 4: of what a killed run had written, only what was in flight is fetched again. */
export function keepsWhatItHas({ world, vendor, disk }: Scene): Checker {
  let left: readonly Left[] = [];
  // A chunk may be on the disk that its journal had no time to name. It stays so when the next
  // runs are killed as well, before they look.
  let unnamed = 0;
  return {
    crashed({ kind, cutOff }) {
      left = [];
      // A power cut may take all that was not synced.
      unnamed += kind === "kill" ? cutOff : Number.POSITIVE_INFINITY;
      if (unnamed === Number.POSITIVE_INFINITY) return;
      const folder = outputFile.slice(0, outputFile.lastIndexOf("/"));
      for (const name of disk.folders.list(folder)) {
        const bytes = disk.folders.get(`${folder}/${name}`)?.bytes;
        const number = patchOfPart(name, vendor);
        const patch = number === undefined ? undefined : vendor.patches[number];
        if (bytes === undefined || patch === undefined) continue;
        const whole = wholeChunks(bytes, patch.files.bytes, patch.files.index.bytes);
        const kept = whole - unnamed * chunkLengths.max;
        if (kept > 0) left = [...left, { version: patch.version, bytes: kept }];
      }
    },
    ended({ number, outcome }) {
      if (outcome === undefined || "error" in outcome) return;
      const { version, reused } = outcome.got;
      const had = left.find((each) => each.version === version)?.bytes ?? 0;
      if (reused < had) {
        world.broke(4, `run ${number} reused ${reused} bytes of the ${had} that a kill had left`);
      }
      left = [];
      unnamed = 0;
    },
  };
}

/** The client names a part after the output and the target's hash. */
function patchOfPart(name: string, vendor: Vendor): number | undefined {
  const digits = /\.([0-9a-f]{16})\.part$/.exec(name)?.[1];
  if (digits === undefined) return undefined;
  return vendor.patches.findIndex(({ files }) => files.sha256.startsWith(digits));
}

function wholeChunks(part: Uint8Array, target: Uint8Array, index: Uint8Array): number {
  let length = 0;
  for (const chunk of decodeChunkIndex(index, "the vendor's own index").chunks) {
    const [from, to] = [chunk.offset, chunk.offset + chunk.length];
    if (Buffer.compare(part.subarray(from, to), target.subarray(from, to)) === 0) {
      length += chunk.length;
    }
  }
  return length;
}
