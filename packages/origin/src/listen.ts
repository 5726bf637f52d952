import { rm } from "node:fs/promises";
import type { Server } from "node:net";
import { errnoOf, toHostError } from "@causeway/client/internal/host-error";
import { HostError } from "@causeway/kernel";

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** Lets other sockets of this user listen on the same port; the system spreads connections. */
  readonly reusePort: boolean;
}

/** One thing for each way in: plain HTTP, HTTPS, or both. */
export interface Lanes<Each> {
  readonly plain?: Each | undefined;
  readonly tls?: Each | undefined;
}

const reasons: ReadonlyMap<string, string> = new Map([
  ["EADDRINUSE", "something listens there already"],
  ["EADDRNOTAVAIL", "this machine has no such address"],
  ["EACCES", "the operating system keeps that port for others"],
]);

/**
 * Makes the server listen there, and shares the address with no other program.
 * @param choice what a user may choose another of
 * @returns the port
 * @throws {HostError} `HOST_ADDRESS`
 */
export function listenOn(server: Server, address: ListenOptions, choice: string): Promise<number> {
  const { host, port } = address;
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      const errno = errnoOf(cause) ?? String(cause);
      const known = reasons.get(errno);
      const why = known === undefined ? errno : `${known} (${errno})`;
      const what = `cannot listen on ${host} port ${port}: ${why}. Choose another ${choice}.`;
      reject(new HostError("HOST_ADDRESS", what, { cause }));
    });
    server.listen({ ...address, exclusive: true }, () => {
      const bound = server.address();
      resolve(typeof bound === "object" && bound !== null ? bound.port : port);
    });
  });
}

/** Makes the server listen on a UNIX socket of that path, whatever is there. @throws {HostError} */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  await rm(path, { force: true }); // one that was killed leaves it
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => reject(toHostError(cause, `listen on the socket ${path}`)));
    server.listen({ path, exclusive: true }, resolve);
  });
}
