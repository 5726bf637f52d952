const scheme = "bearer ";
const lengthMax = 2_048; // over any ticket; what is longer is not cut up

/**
 * The token of an `Authorization: Bearer` header (RFC 6750 section 2.1), as it stands there.
 * @returns undefined when there is no such header, or it is of another scheme
 */
export function bearerToken(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization.length > lengthMax) return undefined;
  if (authorization.slice(0, scheme.length).toLowerCase() !== scheme) return undefined;
  const token = authorization.slice(scheme.length).trim();
  return token === "" ? undefined : token;
}
