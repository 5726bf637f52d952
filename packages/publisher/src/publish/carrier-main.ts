import { toHostError } from "@causeway/client/internal/host-error";
import { InvariantBroken } from "@causeway/kernel";
import type { CarrierActs } from "./carrier.ts";
import type { Act, FromCarrier, ToCarrier } from "./carrier-messages.ts";
import { FolderCarrier } from "./folder-carrier.ts";

// The entry of a carrier's process: does what the publisher says, until one of the two ends.

const aliveEveryMs = 1000;

const [folder = ""] = process.argv.slice(2);
let toldAt = 0;
const carrier = new FolderCarrier(folder, () => {
  const now = performance.now();
  if (now - toldAt < aliveEveryMs) return;
  toldAt = now;
  tell({ kind: "alive" });
});

process.on("message", (message: ToCarrier) => void answer(message));
process.on("disconnect", () => {
  // Any other end would wait for the file system.
  process.kill(process.pid, "SIGKILL");
});
// A terminal's Ctrl-C comes here, too; how to end is the publisher's to say.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

async function answer({ call, act }: ToCarrier): Promise<void> {
  try {
    tell({ kind: "done", call, value: await does(carrier, act) });
  } catch (cause) {
    if (cause instanceof InvariantBroken) throw cause;
    const { code, message } = toHostError(cause, `write to ${folder}`);
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
    default:
      return acts[act.name](); // the others are given nothing
  }
}

function tell(message: FromCarrier): void {
  // A publisher that is gone tells so by the disconnection.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
