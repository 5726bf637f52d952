import { canonicalJson, Fields, type Instant, parseJson, type Store } from "@causeway/kernel";
import { unlessRefused } from "../../metadata/trust-state.ts";
import { orNothing } from "../../or-nothing.ts";

const file = "announcements.json";
const kind = "causeway-announcements";
const lengthMax = 64 * 1024; // twice the ids of 256 keys, and four codes of the longest kind
const keysMax = 256;
const codeLengthMax = 2_048;
const instantMax = 8.64e15; // of a Date
const sequenceMax = 2 ** 32 - 1;
/** As many as bring 16 routes; an older one gives way. */
export const codesMax = 4;

/** What is kept of announcements that were taken. */
export interface AnnouncementRecord {
  /** Ids of the keys that could sign them, sorted. */
  readonly keys: readonly string[];
  /** The highest number that was taken of those keys; 0 for none. */
  readonly sequence: number;
  /** The newest first; each is verified anew whenever it is read. */
  readonly codes: readonly string[];
  /** When the DNS was asked for announcements, and until when it is not asked again. */
  readonly lookUp?: { readonly askedAt: Instant; readonly until: Instant };
}

/** Damaged or lost, it is as if nothing had been taken. */
export async function readRecord(store: Store): Promise<AnnouncementRecord> {
  const bytes = await orNothing(store.read(file, lengthMax));
  const kept = bytes && unlessRefused(() => decode(bytes));
  return kept ?? { keys: [], sequence: 0, codes: [] };
}

/** @throws {HostError} */
export async function keepRecord(store: Store, record: AnnouncementRecord): Promise<void> {
  const { keys, sequence, codes, lookUp } = record;
  const known = { keys: [...keys], sequence, codes: [...codes] };
  const all = { _type: kind, ...known, ...(lookUp && { lookUp: { ...lookUp } }) };
  await store.write(file, canonicalJson(all));
}

function decode(bytes: Uint8Array): AnnouncementRecord | undefined {
  const fields = new Fields(parseJson(bytes, kind), kind);
  if (fields.string("_type") !== kind) return undefined;
  return {
    keys: fields.strings("keys", keysMax),
    sequence: fields.integer("sequence", 0, sequenceMax),
    codes: fields.strings("codes", codesMax).filter((code) => code.length <= codeLengthMax),
    ...(fields.has("lookUp") && { lookUp: lookUpOf(fields.object("lookUp")) }),
  };
}

function lookUpOf(fields: Fields): NonNullable<AnnouncementRecord["lookUp"]> {
  const askedAt = fields.integer("askedAt", 0, instantMax);
  return { askedAt, until: fields.integer("until", 0, instantMax) };
}
