import { descriptorLog } from "../../src/log.ts";
import { startOrigin } from "../../src/origin.ts";

// A program that serves as `causeway serve` does: `node serve-process.ts TREE WORKERS`.
const [tree = "", workers = "1"] = process.argv.slice(2);
const origin = await startOrigin({
  tree,
  host: "127.0.0.1",
  port: 0,
  workers: Number(workers),
  adminPort: 0,
  log: descriptorLog(2),
});
process.once("SIGTERM", () => void stop());
process.send?.({ url: origin.url, port: origin.port, adminUrl: origin.adminUrl });

async function stop(): Promise<void> {
  await origin.close(10_000);
  process.disconnect();
}
