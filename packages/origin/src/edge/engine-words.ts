import { UsageError } from "@causeway/kernel";

/**
 * One word of an HAProxy configuration, whatever is in it (its manual, section 2.2). A strongly
 * quoted word is not interpreted at all; it cannot hold a quote, which is escaped outside.
 * @param what for the message, as `the folder`
 * @throws {UsageError} `USAGE_NAME` for control characters
 */
export function haproxyWord(text: string, what: string): string {
  return `'${printableOnly(text, what).replaceAll("'", "'\\''")}'`;
}

/** Declares the variable that stands for a dollar sign in what `nginxWord` returns. */
export const nginxDollar = 'geo $causeway_dollar { default "$"; }';

/**
 * One word of an nginx configuration, where variables are read. nginx has no escape for a dollar
 * sign, which begins a variable, so a variable stands for it.
 * @param what for the message, as `the tree`
 * @throws {UsageError} `USAGE_NAME` for control characters
 */
export function nginxWord(text: string, what: string): string {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: nginx' own form of a variable
  return nginxPlainWord(text, what).replaceAll("$", () => "${causeway_dollar}");
}

/** One word of an nginx configuration, where no variables are read. @throws {UsageError} */
export function nginxPlainWord(text: string, what: string): string {
  return `"${printableOnly(text, what).replace(/["\\]/g, (character) => `\\${character}`)}"`;
}

/** Text for a comment: one line of printable ASCII. */
export function commentText(text: string): string {
  return JSON.stringify(text.slice(0, 200)).replace(/[^\x20-\x7e]/g, "?");
}

/** No control character is escaped: none of our paths and names has one for a good reason. */
function printableOnly(text: string, what: string): string {
  if (!/[\p{Cc}\p{Cs}]/u.test(text)) return text;
  const shown = commentText(text);
  const message = `${what} ${shown} has a character that no configuration can carry; rename it.`;
  throw new UsageError("USAGE_NAME", message);
}
