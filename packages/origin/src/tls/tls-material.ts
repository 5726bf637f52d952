import { constants } from "node:crypto";
import type { TlsOptions } from "node:tls";
import type { PemPair } from "./pem-pair.ts";

/** What all workers of an origin share; plain data, so that their supervisor can send it. */
export interface TlsMaterial extends PemPair {
  /** 48 random bytes in base64, which seal the sessions that clients keep for the server. */
  readonly sessionKey: string;
  readonly sessionSeconds: number;
}

/** How TLS is spoken. */
export function contextOptions(material: TlsMaterial): TlsOptions {
  const { cert, key, sessionKey, sessionSeconds } = material;
  return {
    cert,
    key,
    minVersion: "TLSv1.2", // RFC 8996: nothing older
    // A client that asks for a second handshake on a connection would pass by all limits.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ticketKeys: Buffer.from(sessionKey, "base64"),
    sessionTimeout: sessionSeconds,
    sessionIdContext: "causeway", // by default from the arguments, and workers' may differ
  };
}
