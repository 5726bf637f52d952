import { extname } from "node:path";
import { Worker } from "node:worker_threads";

/** Starts a thread for artifacts. At the top for the reason that `forkCarrier` is. */
export function startArtifactWorker(): Worker {
  const entry = new URL(`./artifact-main${extname(import.meta.filename)}`, import.meta.url);
  return new Worker(entry, { resourceLimits: { maxYoungGenerationSizeMb: 1 } });
}
