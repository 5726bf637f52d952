import type { OriginLimits } from "../../src/limits.ts";
import { descriptorLog } from "../../src/log.ts";
import { startOrigin } from "../../src/origin.ts";

// A program that serves as `causeway serve` does:
// `node serve-process.ts TREE WORKERS [KEYS ENTRANCES EDGE]`, with limits in JSON as LIMITS.
const [tree = "", workers = "1", keysFile, entrances = "0", edge] = process.argv.slice(2);
const origin = await startOrigin({
  tree,
  host: "127.0.0.1",
  port: 0,
  workers: Number(workers),
  adminPort: 0,
  limits: JSON.parse(process.env["LIMITS"] ?? "{}") as Partial<OriginLimits>,
  ...(keysFile !== undefined &&
    keysFile !== "" && {
      tickets: { keysFile, entrances: Array.from({ length: Number(entrances) }, () => 0) },
    }),
  edge: edge === "haproxy" ? edge : "off",
  log: descriptorLog(2),
});
process.once("SIGTERM", () => void stop());
const { url, port, adminUrl } = origin;
process.send?.({ url, port, adminUrl, entrances: origin.entrances, control: origin.edge?.control });

async function stop(): Promise<void> {
  await origin.close(10_000);
  process.disconnect();
}
