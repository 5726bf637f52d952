import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";

const chainMax = 8; // four is long

/** What TLS says of a certificate that was good at some other time. */
export const wrongTimeCodes: ReadonlySet<string> = new Set([
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
]);

/**
 * True when one of the authorities vouches for the host by this certificate, at whatever time:
 * path validation (RFC 5280 section 6.1) by signatures, issuers' names and the right to issue. It
 * does not look at revocation nor at constraints of names, so it is for those who would do without
 * TLS as well.
 */
export function isVouchedFor(
  certificate: X509Certificate,
  host: string,
  authorities: readonly X509Certificate[],
): boolean {
  const named = isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host);
  if (named === undefined) return false;
  let current = certificate;
  for (let length = 0; length < chainMax; length++) {
    const subject = current;
    if (authorities.some((authority) => isIssuedBy(subject, authority))) return true;
    const issuer = current.issuerCertificate;
    if (issuer === undefined || !isIssuedBy(current, issuer)) return false;
    current = issuer;
  }
  return false;
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}
