import { decodeRouteList, parseJson, TrustError } from "@causeway/kernel";
import { stateFolder } from "../customer.ts";
import type { Checker } from "./checker.ts";
import type { Scene } from "./scene.ts";

const listFile = `${stateFolder}/route-list.json`;
const keptMs = 1_000; // from the disk's having it to the end of the call that wrote it

/**
 * Law 3: a host that a list retires is not asked any more, once the customer's disk has the verified
 * list; also when a later list lacks it, or has it back. What a power cut takes from the disk the
 * customer need not know.
 */
export function neverAsksRetired({ world, disk }: Scene): Checker {
  const since = new Map<string, number>(); // world times, by host
  const look = (): void => {
    for (const host of retiredIn(disk.folders.get(listFile)?.bytes)) {
      if (!since.has(host)) since.set(host, world.now);
    }
  };
  return {
    diskChanged(name) {
      if (name === listFile) look();
    },
    crashed({ kind }) {
      if (kind === "kill") return;
      for (const [host, at] of since) if (world.now - at < keptMs) since.delete(host);
      look();
    },
    asked({ host, path }) {
      const at = since.get(host);
      if (at === undefined || world.now - at < keptMs) return;
      world.broke(3, `${host} was asked for ${path}, and has been retired`);
    },
  };
}

function retiredIn(bytes: Uint8Array | undefined): readonly string[] {
  if (bytes === undefined) return [];
  try {
    const { routes } = decodeRouteList(parseJson(bytes, listFile));
    const retired = routes.filter(({ state }) => state === "retired");
    return retired.flatMap(({ urls }) => urls.map((url) => new URL(url).hostname));
  } catch (error) {
    if (error instanceof TrustError) return [];
    throw error;
  }
}
