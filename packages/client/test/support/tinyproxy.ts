import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { freePort, untilListening } from "../../../../test/support/listening.ts";
import { tempFolder } from "./temp-folder.ts";

export interface Tinyproxy {
  readonly port: number;
  /** What it wrote about its connections. */
  log(): Promise<string>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Debian's tinyproxy on loopback, which lets only `me` with the password `s3cret` through. */
export async function startTinyproxy(connectPort: number): Promise<Tinyproxy> {
  const folder = await tempFolder();
  const port = await freePort();
  const log = path.join(folder.path, "log");
  const file = path.join(folder.path, "tinyproxy.conf");
  const lines = [
    `Port ${port}`,
    "Listen 127.0.0.1",
    "Timeout 20",
    "MaxClients 20",
    `LogFile "${log}"`,
    "LogLevel Connect",
    "BasicAuth me s3cret",
    `ConnectPort ${connectPort}`,
  ];
  await fs.writeFile(file, `${lines.join("\n")}\n`);
  await fs.writeFile(log, "");
  const child = spawn("tinyproxy", ["-d", "-c", file], { stdio: "ignore" });
  await untilListening(port);
  return {
    port,
    log: () => fs.readFile(log, "utf8"),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await once(child, "close");
      await folder[Symbol.asyncDispose]();
    },
  };
}
