import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import type { CarrierConfig } from "./config/carrier-config.ts";

/**
 * Runs the source in a checkout and the built file in a package: whichever this file is. It stands
 * beside what it names also when modules are bundled, since both are at the top.
 */
export function forkCarrier(config: CarrierConfig): ChildProcess {
  const entry = new URL(`./carrier-main${extname(import.meta.filename)}`, import.meta.url);
  return fork(entry, [JSON.stringify(config)], {
    // Only the flags that say how to resolve imports: `--test` would run something else.
    execArgv: process.execArgv.filter((flag) => flag.startsWith("--conditions")),
    // It may be left behind, for as long as its disk hangs, and needs no key.
    env: { ...process.env, CAUSEWAY_PASSPHRASE: undefined },
    stdio: ["ignore", "ignore", "ignore", "ipc"], // left behind, it would hold our pipes open
    serialization: "advanced", // for bytes
  });
}
