import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import * as net from "node:net";
import * as path from "node:path";
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
  await untilTaken(port);
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

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function untilTaken(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const socket = net.connect({ port, host: "127.0.0.1" });
    const taken = await Promise.race([
      once(socket, "connect").then(() => true),
      once(socket, "error").then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (taken) return;
    await new Promise((resolve) => {
      setTimeout(resolve, 25);
    });
  }
  throw new Error("the program did not listen");
}
