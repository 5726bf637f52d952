import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import * as tls from "node:tls";

/** What a TLS connection is agreed on with. */
export interface TlsOptions {
  /** The name or address that the certificate must be for. */
  readonly host: string;
  /** In the order of preference. */
  readonly protocols: readonly string[];
  /** Who may vouch for a server; Node.js's own list unless given. */
  readonly context?: tls.SecureContext;
  /** Of an earlier connection, which makes this one cheaper. */
  readonly session?: Buffer;
  readonly signal: AbortSignal;
}

/**
 * TLS over a connection, which it owns from here on.
 * @throws the system's error; a certificate that nobody vouches for is one
 */
export function secure(socket: Duplex, options: TlsOptions): Promise<tls.TLSSocket> {
  const { host, protocols, context, session, signal } = options;
  return new Promise((resolve, reject) => {
    const secured = tls.connect({
      socket,
      host,
      servername: isIP(host) === 0 ? host : "", // RFC 6066 section 3
      ALPNProtocols: [...protocols],
      ...(context && { secureContext: context }),
      ...(session && { session }),
    });
    const settle = (): void => {
      signal.removeEventListener("abort", onAbort);
      secured.off("error", onError).off("close", onClose).off("secureConnect", onSecure);
    };
    const end = (reason: unknown): void => {
      settle();
      secured.on("error", () => undefined); // nobody else hears it
      secured.destroy();
      socket.destroy();
      reject(reason);
    };
    const onSecure = (): void => {
      settle();
      resolve(secured);
    };
    const onError = (error: Error): void => end(error);
    const onClose = (): void => {
      const text = "closed the connection within the TLS handshake";
      end(Object.assign(new Error(text), { code: "ECONNRESET" }));
    };
    const onAbort = (): void => end(signal.reason);
    secured.on("secureConnect", onSecure).on("error", onError).on("close", onClose);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
}
