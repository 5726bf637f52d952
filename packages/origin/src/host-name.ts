// Labels and dots share no character, so this is linear (RFC 1035 section 2.3.4 for the lengths).
const shape = /^[a-z0-9_][a-z0-9_-]{0,62}(?:\.[a-z0-9_-]{1,63})*$/;
const lengthMax = 253;

/**
 * The one way in which a host name is compared: lower case, without a dot at its end.
 * @returns undefined when it is none
 */
export function hostNameOf(text: string): string | undefined {
  if (text.length > lengthMax + 1) return undefined;
  const name = text.toLowerCase().replace(/\.$/, "");
  return name.length <= lengthMax && shape.test(name) ? name : undefined;
}
