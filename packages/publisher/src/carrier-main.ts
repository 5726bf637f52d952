import { toHostError } from "@causeway/client/internal/host-error";
import { InvariantBroken } from "@causeway/kernel";
import type { CarrierConfig } from "./config/carrier-config.ts";
import { placeOf } from "./config/carrier-config.ts";
import type { CarrierActs } from "./publish/carrier.ts";
import { CarrierError } from "./publish/carrier-error.ts";
import type { Act, FromCarrier, ToCarrier } from "./publish/carrier-messages.ts";

// The entry of a carrier's process: does what the publisher says, until one of the two ends.

const aliveEveryMs = 1000;

const config = JSON.parse(process.argv[2] ?? "") as CarrierConfig; // by our own publisher
let toldAt = 0;
const carrier = open(() => {
  const now = performance.now();
  if (now - toldAt < aliveEveryMs) return;
  toldAt = now;
  tell({ kind: "alive" });
});

/** Loads what the kind needs, and no more: a bucket's library is larger than all of the rest. */
async function open(onAlive: () => void): Promise<CarrierActs> {
  if (config.kind === "s3") {
    const { S3Carrier } = await import("./publish/s3/s3-carrier.ts");
    return new S3Carrier(config, onAlive);
  }
  if (config.kind === "rsync") {
    const { RsyncCarrier } = await import("./publish/rsync/rsync-carrier.ts");
    return new RsyncCarrier(config, onAlive);
  }
  const { FolderCarrier } = await import("./publish/folder-carrier.ts");
  return new FolderCarrier(config.path, onAlive);
}

process.on("message", (message: ToCarrier) => void answer(message));
process.on("disconnect", () => {
  // Any other end would wait for the file system.
  process.kill(process.pid, "SIGKILL");
});
// A terminal's Ctrl-C comes here, too; how to end is the publisher's to say.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

async function answer({ call, act }: ToCarrier): Promise<void> {
  try {
    tell({ kind: "done", call, value: await does(await carrier, act) });
  } catch (cause) {
    if (cause instanceof InvariantBroken) throw cause;
    const error =
      cause instanceof CarrierError ? cause : toHostError(cause, `write to ${placeOf(config)}`);
    const { code, message } = error;
    tell({ kind: "failed", call, code, message });
  }
}

function does(acts: CarrierActs, act: Act): Promise<unknown> {
  switch (act.name) {
    case "length":
      return acts.length(...act.given);
    case "sha256":
      return acts.sha256(...act.given);
    case "read":
      return acts.read(...act.given);
    case "write":
      return acts.write(...act.given);
    case "fetch":
      return acts.fetch(...act.given);
    case "remove":
      return acts.remove(...act.given);
    default:
      return acts[act.name](); // the others are given nothing
  }
}

function tell(message: FromCarrier): void {
  // A publisher that is gone tells so by the disconnection.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
