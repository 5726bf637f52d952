/**
 * The members of a token's second part, whose signature must have been found right: a signature
 * says who wrote the claims, and not that a later release can bear them. Undefined: not an object.
 */
export function decodeClaims(part: string): Readonly<Record<string, unknown>> | undefined {
  let claims: unknown;
  try {
    claims = JSON.parse(Buffer.from(part, "base64url").toString());
  } catch {
    return undefined;
  }
  return typeof claims === "object" && claims !== null ? { ...claims } : undefined;
}
