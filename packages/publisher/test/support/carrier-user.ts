import type { Sha256 } from "@causeway/kernel";
import { CarrierProcess } from "../../src/publish/carrier-process.ts";

// Copies from a pipe into which nobody writes, and says so.
const [folder = "", path = ""] = process.argv.slice(2);
const carrier = new CarrierProcess(
  { id: "web", kind: "folder", path: folder },
  {
    stallMs: undefined,
    signal: undefined,
    log: () => undefined,
  },
);
await carrier.prepare();
const file = { path: "targets/a", length: 1, sha256: "0".repeat(64) as Sha256 };
void carrier.write(file, { kind: "file", path });
process.stdout.write("waiting");
