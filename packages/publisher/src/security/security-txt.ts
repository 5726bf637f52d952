import type { SecurityConfig } from "../config/security-config.ts";

/**
 * `security.txt` (RFC 9116): whom to tell of a vulnerability. It counts at `/.well-known/` of the
 * vendor's own site, so that is where to copy it to.
 * @param csaf the URL of provider-metadata.json, if there is one
 * @returns undefined when causeway.yaml does not say what it must hold
 */
export function securityTxt(
  { contact, expires, policy, languages }: SecurityConfig,
  csaf: string | undefined,
): Uint8Array | undefined {
  if (contact.length === 0 || expires === undefined) return undefined;
  const lines = [
    ...contact.map((uri) => `Contact: ${uri}`),
    `Expires: ${expires}`,
    ...(languages === undefined ? [] : [`Preferred-Languages: ${languages}`]),
    ...(policy === undefined ? [] : [`Policy: ${policy}`]),
    ...(csaf === undefined ? [] : [`CSAF: ${csaf}`]),
  ];
  return Buffer.from(lines.map((line) => `${line}\n`).join(""));
}
