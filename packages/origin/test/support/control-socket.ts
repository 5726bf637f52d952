import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { engineFolder } from "./engines.ts";

/** A UNIX socket, gone when the test ends, where whoever comes is met so. @returns its path */
export async function controlSocket(
  t: TestContext,
  meet: (socket: Socket) => void,
): Promise<string> {
  const path = join(engineFolder(t), "control");
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.on("error", () => undefined); // who has heard enough hangs up
    socket.on("close", () => open.delete(socket));
    meet(socket);
  });
  server.listen(path);
  await once(server, "listening");
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return path;
}
