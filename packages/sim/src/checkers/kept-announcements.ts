import {
  AnnouncementError,
  Fields,
  parseJson,
  readAnnouncement,
  TrustError,
} from "@causeway/kernel";

/** What a customer's state holds of announcements. */
export interface KeptAnnouncements {
  /** The highest number that was taken; 0 for none. */
  readonly sequence: number;
  /** The numbers of the codes that it keeps. */
  readonly codes: readonly number[];
}

const none: KeptAnnouncements = { sequence: 0, codes: [] };

/** Reads the state's file; damaged or missing, it holds none. */
export function announcementsIn(bytes: Uint8Array | undefined): KeptAnnouncements {
  if (bytes === undefined) return none;
  try {
    const fields = new Fields(parseJson(bytes, "announcements"), "announcements");
    const codes = fields.strings("codes", 16).map((code) => readAnnouncement(code).sequence);
    return { sequence: fields.integer("sequence", 0), codes };
  } catch (error) {
    if (error instanceof TrustError || error instanceof AnnouncementError) return none;
    throw error;
  }
}
