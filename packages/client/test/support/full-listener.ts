import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as net from "node:net";
import { createInterface } from "node:readline";

/** A listener on loopback that takes no connection any more, and refuses none: it hangs. */
export interface FullListener {
  readonly port: number;
  [Symbol.asyncDispose](): Promise<void>;
}

const source = `
  const server = require("node:net").createServer();
  const [host, port] = process.argv.slice(1);
  server.listen({ host, port: Number(port), backlog: 1 }, () => console.log(server.address().port));
`;

/** Linux only: a stopped process accepts nothing, and a full queue drops what comes. */
export async function startFullListener(host: string, port = 0): Promise<FullListener> {
  const child = spawn(process.execPath, ["-e", source, host, String(port)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const listening = await firstLine(child);
  child.kill("SIGSTOP");
  const fillers = Array.from({ length: 8 }, () => {
    return net.connect({ host, port: listening }).on("error", () => undefined);
  });
  await new Promise((resolve) => {
    setTimeout(resolve, 100);
  });
  return {
    port: listening,
    async [Symbol.asyncDispose]() {
      for (const filler of fillers) filler.destroy();
      child.kill("SIGKILL");
      await once(child, "close");
    },
  };
}

async function firstLine(child: ChildProcess): Promise<number> {
  if (child.stdout === null) throw new Error("no standard output");
  for await (const line of createInterface({ input: child.stdout })) return Number(line);
  throw new Error("the listener ended before it listened");
}
