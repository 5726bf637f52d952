import type { Register } from "../verb.ts";

/**
 * Every command, in the order of `--help`. Each is loaded only when it is asked for: whoever gets a
 * patch does not wait for what signs one.
 */
export const commands: ReadonlyMap<string, () => Promise<Register>> = new Map([
  ["init", async () => (await import("./init.ts")).registerInit],
  ["add", async () => (await import("./add.ts")).registerAdd],
  ["publish", async () => (await import("./publish.ts")).registerPublish],
  ["refresh", async () => (await import("./refresh.ts")).registerRefresh],
  ["routes", async () => (await import("./routes.ts")).registerRoutes],
  ["announce", async () => (await import("./announce.ts")).registerAnnounce],
  ["prune", async () => (await import("./prune.ts")).registerPrune],
  ["keys", async () => (await import("./keys.ts")).registerKeys],
  ["serve", async () => (await import("./serve.ts")).registerServe],
  ["mirror", async () => (await import("./mirror.ts")).registerMirror],
  ["neighbour", async () => (await import("./neighbour.ts")).registerNeighbour],
  ["bundle", async () => (await import("./bundle.ts")).registerBundle],
  ["watch", async () => (await import("./watch.ts")).registerWatch],
  ["policy", async () => (await import("./policy.ts")).registerPolicy],
  ["names", async () => (await import("./names.ts")).registerNames],
  ["runbook", async () => (await import("./runbook.ts")).registerRunbook],
  ["edge", async () => (await import("./edge.ts")).registerEdge],
  ["get", async () => (await import("./get.ts")).registerGet],
  ["demo", async () => (await import("./demo.ts")).registerDemo],
]);
