import * as net from "node:net";
import type { Address } from "./attempts.ts";

/**
 * One TCP connection to one address. When the signal fires, it rejects and leaves nothing open.
 * @throws the system's error
 */
export function connectTcp(
  { address, family }: Address,
  port: number,
  signal: AbortSignal,
): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: address, port, family, autoSelectFamily: false });
    const settle = (): void => {
      signal.removeEventListener("abort", onAbort);
      socket.off("error", onError).off("connect", onConnect);
    };
    const onConnect = (): void => {
      settle();
      socket.setNoDelay(true); // a request is one small packet, and should not wait for another
      resolve(socket);
    };
    const onError = (error: Error): void => {
      settle();
      reject(error);
    };
    const onAbort = (): void => {
      settle();
      socket.on("error", () => undefined); // nobody else hears it
      socket.destroy();
      reject(signal.reason);
    };
    socket.on("connect", onConnect).on("error", onError);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
