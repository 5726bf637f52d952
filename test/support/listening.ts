import { randomInt } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";

// Below those that systems hand out by themselves, so that no connection takes one in between.
const ports = { first: 10_240, end: 32_768 } as const;

/**
 * A port of loopback that nobody listens on, and that no other test is given while this process
 * lasts: there are servers that share one without a word.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(ports.first, ports.end);
    if ((await isReserved(port)) && (await isFree(port))) return port;
  }
}

/** Takes a name that only one process can have: it leaves nothing behind. */
async function isReserved(port: number): Promise<boolean> {
  if (process.platform !== "linux") return true;
  const server = createServer().listen(`\0causeway-test-port-${port}`).unref();
  return begins(server);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  if (!(await begins(server))) return false;
  server.close();
  await once(server, "close");
  return true;
}

async function begins(server: Server): Promise<boolean> {
  try {
    await once(server, "listening");
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return false;
    throw error;
  }
}

/** Resolves when a program that was started takes connections there. */
export async function untilListening(port: number): Promise<void> {
  for (let tries = 0; tries < 2400; tries++) {
    if (await takes(port)) return;
    await new Promise((resolve) => {
      setTimeout(resolve, 25);
    });
  }
  throw new Error(`nobody listens on ${port}`);
}

function takes(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
