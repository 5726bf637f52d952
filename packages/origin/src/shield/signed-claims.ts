/** Of a time within a token: far beyond any clock, far below what a number holds. */
export const secondsMax = 2 ** 40;

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

export function isSeconds(value: unknown): value is number {
  return isIntegerUpTo(value, 0, secondsMax);
}

export function isIntegerUpTo(value: unknown, min: number, max: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
}
