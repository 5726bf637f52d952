import { limits } from "@causeway/trust";
import type { Exchange } from "../network/request.ts";
import type { Checker } from "./checker.ts";
import type { Scene } from "./scene.ts";

const heldMax = 64 * 1024 * 1024;
const slack = 1024 * 1024; // read before it is counted

/** Of a document whose length those that vouch for it do not tell. */
function documentMax(path: string): number {
  const isSnapshot = path.endsWith("snapshot.json");
  return (isSnapshot ? limits.snapshotBytesMax : limits.targetsBytesMax) + slack;
}

/** Whole documents are read into memory; all that are being read at once stay within a bound. */
export function boundedMemory({ world }: Scene): Checker {
  let open: Exchange[] = [];
  const look = (): void => {
    open = open.filter(({ closed, life }) => !closed && !life.dead);
    let held = 0;
    for (const { host, path, stream } of open) {
      const pulled = stream?.pulled ?? 0;
      held += pulled;
      if (pulled <= documentMax(path)) continue;
      world.broke(2, `${pulled} bytes of ${path} were read from ${host}`);
    }
    if (held > heldMax) world.broke(2, `${held} bytes of documents are held at once`);
  };
  return {
    began: () => {
      open = [];
    },
    asked: look,
    answered(exchange) {
      if (!exchange.path.startsWith("targets/patches/")) open.push(exchange);
    },
  };
}
