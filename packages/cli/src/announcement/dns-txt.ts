const stringBytesMax = 255; // RFC 1035 section 3.3.14
const ttlSeconds = 300; // it is to be seen soon, and to go soon

/** The text of a TXT record as the strings that it is made of. */
export function txtStrings(text: string): readonly string[] {
  return text.match(new RegExp(`.{1,${stringBytesMax}}`, "g")) ?? [];
}

/** The record in zone-file form (RFC 1035 section 5), for the zone that it is put into. */
export function txtRecord(text: string): string {
  const strings = txtStrings(text).map((each) => `"${each}"`);
  return `_causeway ${ttlSeconds} IN TXT ${strings.join(" ")}`;
}
