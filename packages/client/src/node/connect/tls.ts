import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import * as tls from "node:tls";
import type { Authorities } from "./authorities.ts";
import { isVouchedFor, wrongTimeCodes } from "./vouching.ts";

/** What a TLS connection is agreed on with. */
export interface TlsOptions {
  /** The name or address that the certificate must be for. */
  readonly host: string;
  /** In the order of preference. */
  readonly protocols: readonly string[];
  readonly authorities: Authorities;
  /** Take a certificate that was good at another time. Then `authorized` tells that it was. */
  readonly atAnyTime: boolean;
  /** Of an earlier connection, which makes this one cheaper. */
  readonly session?: Buffer;
  readonly signal: AbortSignal;
}

/**
 * TLS over a connection, which it owns from here on.
 * @throws the system's error; a certificate that nobody vouches for is one
 */
export function secure(socket: Duplex, options: TlsOptions): Promise<tls.TLSSocket> {
  const { host, protocols, authorities, atAnyTime, session, signal } = options;
  const { context } = authorities;
  return new Promise((resolve, reject) => {
    const secured = tls.connect({
      socket,
      host,
      servername: isIP(host) === 0 ? host : "", // RFC 6066 section 3
      ALPNProtocols: [...protocols],
      rejectUnauthorized: !atAnyTime,
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
      const fault = secured.authorized ? undefined : faultOf(secured, host, authorities);
      if (fault !== undefined) return end(fault);
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

/** What is wrong with the certificate besides its time. */
function faultOf(secured: tls.TLSSocket, host: string, authorities: Authorities): unknown {
  const error: unknown = secured.authorizationError; // a code, whatever its declared type
  const certificate = secured.getPeerX509Certificate();
  const isTimeAlone = wrongTimeCodes.has(String(error)) && certificate !== undefined;
  if (isTimeAlone && isVouchedFor(certificate, host, authorities.certificates)) return undefined;
  return Object.assign(new Error(`has a certificate that nobody vouches for (${String(error)})`), {
    code: "CERT_UNTRUSTED",
  });
}
