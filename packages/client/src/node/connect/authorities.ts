import { X509Certificate } from "node:crypto";
import * as tls from "node:tls";

/** Who may vouch for a server. */
export class Authorities {
  /** What TLS goes by; Node.js's own list when undefined. */
  readonly context: tls.SecureContext | undefined;
  readonly #pems: readonly string[] | undefined;
  #certificates: readonly X509Certificate[] | undefined;

  /** @param pems certificates; Node.js's own list when left out */
  constructor(pems?: readonly string[]) {
    this.#pems = pems;
    this.context = pems && tls.createSecureContext({ ca: [...pems] });
  }

  /** Read when they are first needed: there are well over a hundred. */
  get certificates(): readonly X509Certificate[] {
    const pems = this.#pems ?? tls.getCACertificates();
    this.#certificates ??= pems.map((pem) => new X509Certificate(pem));
    return this.#certificates;
  }
}
