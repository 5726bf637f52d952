/*
 * Text of advisories comes from people, and from other feeds. It may hold markup, characters that
 * XML forbids, and ones that turn the order of what is shown around.
 */

// C0 and C1 controls but tab and line feed, and the code points that are no characters.
const forbidden = /(?![\t\n])\p{Cc}|[\ufffe\uffff]/gu;
// Explicit directions and their ends (Unicode UAX 9), which reach beyond the text that has them.
const directions = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** The text without what would harm those who show it; at most `lengthMax` code units. */
export function plainText(text: string, lengthMax: number): string {
  const harmless = text
    .toWellFormed()
    .replaceAll("\r\n", "\n")
    .replace(forbidden, "\u{fffd}")
    .replace(directions, "");
  if (harmless.length <= lengthMax) return harmless;
  return `${harmless.slice(0, lengthMax - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** As text and as a quoted attribute of HTML and XML. */
export function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&#34;")
    .replaceAll("'", "&#39;");
}
