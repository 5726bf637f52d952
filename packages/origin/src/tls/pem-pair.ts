import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { UsageError } from "@causeway/kernel";

/** A certificate, with those that lead from it to an authority, and its private key; PEM text. */
export interface PemPair {
  readonly cert: string;
  readonly key: string;
}

/** Where they lie. */
export interface PemFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

const chainMax = 16; // longer than any chain that clients accept
const certificatePattern = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * Checks that a server can use the pair.
 * @returns what an operator should know of it all the same, as sentences
 * @throws {UsageError} `TLS_CERTIFICATE`, `TLS_KEY`, `TLS_MISMATCH`
 */
export function checkPair(pair: PemPair, files: PemFiles, now: Date): readonly string[] {
  const chain = certificatesIn(pair.cert, files.certFile);
  const key = keyIn(pair.key, files.keyFile);
  const [own] = chain;
  if (own === undefined || !own.checkPrivateKey(key)) throw mismatch(chain, key, files);
  try {
    createSecureContext({ ...pair, minVersion: "TLSv1.2" });
  } catch (cause) {
    const what = `TLS cannot use ${files.certFile} (${reasonOf(cause)}). Get one of today's kind.`;
    throw new UsageError("TLS_CERTIFICATE", what, { cause });
  }
  return [...worriesOfTime(own, files, now), ...worriesOfChain(chain, files)];
}

function certificatesIn(text: string, file: string): readonly X509Certificate[] {
  const pems = text.match(certificatePattern) ?? [];
  if (pems.length === 0) {
    const swapped = text.includes("PRIVATE KEY-----");
    const next = swapped
      ? "it has a private key: are --tls-cert and --tls-key swapped?"
      : "give the chain that your authority sent, as text (-----BEGIN CERTIFICATE-----).";
    throw new UsageError("TLS_CERTIFICATE", `${file} has no certificate in PEM; ${next}`);
  }
  if (pems.length > chainMax) {
    const what = `${file} has ${pems.length} certificates. Leave only the server's and its chain.`;
    throw new UsageError("TLS_CERTIFICATE", what);
  }
  return pems.map((pem, at) => {
    try {
      return new X509Certificate(pem);
    } catch (cause) {
      const what = `certificate ${at + 1} in ${file} cannot be read (${reasonOf(cause)}). Was the file copied whole?`;
      throw new UsageError("TLS_CERTIFICATE", what, { cause });
    }
  });
}

function keyIn(text: string, file: string): KeyObject {
  if (/ENCRYPTED/.test(text)) {
    const next = "nobody is asked at a start. Write it without: openssl pkey -in KEY -out NEW";
    throw new UsageError("TLS_KEY", `the key in ${file} has a passphrase, and ${next}`);
  }
  if (!text.includes("PRIVATE KEY-----")) {
    const swapped = text.includes("BEGIN CERTIFICATE");
    const next = swapped
      ? "it has a certificate: are --tls-cert and --tls-key swapped?"
      : "give the key that the certificate was asked for with (-----BEGIN PRIVATE KEY-----).";
    throw new UsageError("TLS_KEY", `${file} has no private key in PEM; ${next}`);
  }
  try {
    return createPrivateKey(text);
  } catch (cause) {
    const what = `the key in ${file} cannot be read (${reasonOf(cause)}). Was the file copied whole?`;
    throw new UsageError("TLS_KEY", what, { cause });
  }
}

function mismatch(chain: readonly X509Certificate[], key: KeyObject, files: PemFiles): UsageError {
  const { certFile, keyFile } = files;
  const at = chain.findIndex((certificate) => certificate.checkPrivateKey(key));
  const next =
    at > 0
      ? `it fits certificate ${at + 1} there: put the server's own first.`
      : "give the two that were made together.";
  const what = `the key in ${keyFile} is not the one of the certificate in ${certFile}; ${next}`;
  return new UsageError("TLS_MISMATCH", what);
}

function worriesOfTime(own: X509Certificate, files: PemFiles, now: Date): readonly string[] {
  const { certFile } = files;
  if (own.validToDate < now) {
    return [`the certificate in ${certFile} expired on ${own.validToDate.toISOString()}`];
  }
  if (own.validFromDate > now) {
    return [`the certificate in ${certFile} is valid only from ${own.validFromDate.toISOString()}`];
  }
  return [];
}

function worriesOfChain(chain: readonly X509Certificate[], files: PemFiles): readonly string[] {
  const gap = chain.findIndex((certificate, at) => {
    const next = chain[at + 1];
    return next !== undefined && !certificate.checkIssued(next);
  });
  if (gap < 0) return [];
  const what = `certificate ${gap + 2} in ${files.certFile} did not issue the one before it`;
  return [`${what}; many clients will not find the way to their authority`];
}

/** OpenSSL's words, without its numbers. */
function reasonOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.split(":").at(-1)?.trim() || message;
}
