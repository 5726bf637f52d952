/** Types that bring clients to a server: what is retired, moved, and kept an eye on. */
export const guidingTypes = ["A", "AAAA", "CNAME", "HTTPS", "SVCB"] as const;
export type GuidingType = (typeof guidingTypes)[number];

/** All records of one type at one name (RFC 2181 section 5). */
export interface RecordSet {
  readonly type: GuidingType;
  readonly ttlSeconds: number;
  /** As in a zone file, sorted. */
  readonly values: readonly string[];
}

/** The sets at one name, in the order of `guidingTypes`, each at most once. */
export type RecordSets = readonly RecordSet[];

export const ttlSecondsMax = 2_147_483_647; // RFC 2181 section 8
export const recordsMax = 200; // a set of more fits no usual answer
const valueLengthMax = 1024; // an HTTPS record with all its parameters is a third of it

export function isGuidingType(text: string): text is GuidingType {
  return guidingTypes.some((type) => type === text);
}

/** A value that stays on one line of a script, and begins nothing else there. */
export function isValue(text: string): boolean {
  return text.length > 0 && text.length <= valueLengthMax && /^[\x21-\x7e][\x20-\x7e]*$/.test(text);
}

export function sameValues(a: RecordSets, b: RecordSets): boolean {
  return JSON.stringify(a.map(valuesOf)) === JSON.stringify(b.map(valuesOf));
}

export function sameSets(a: RecordSets, b: RecordSets): boolean {
  return sameValues(a, b) && a.every((set, at) => set.ttlSeconds === b[at]?.ttlSeconds);
}

function valuesOf({ type, values }: RecordSet): readonly string[] {
  return [type, ...values];
}

/** `300 A 192.0.2.1` for each record. */
export function shownSets(sets: RecordSets): readonly string[] {
  return sets.flatMap(({ type, ttlSeconds, values }) => {
    return values.map((value) => `${ttlSeconds} ${type} ${value}`);
  });
}
