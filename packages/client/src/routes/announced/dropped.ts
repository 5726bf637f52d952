import { AnnouncementError, type CausewayError, HostError, type Store } from "@causeway/kernel";
import type { HostTime } from "../../metadata/judge-time.ts";
import { orNothing } from "../../or-nothing.ts";
import type { Announcements } from "./announcements.ts";

/** What became of an announcement that nobody typed. */
export interface AnnouncementNews {
  /** Where it was: the name of the file, or of the record in the DNS. */
  readonly from: string;
  /** The routes that it brings, when it was taken. */
  readonly urls?: readonly string[];
  /** Why it was refused. */
  readonly refused?: CausewayError;
}

export type TellNews = (news: AnnouncementNews) => void;

/** Whoever can write to the state folder may put an announcement there. */
export const droppedFile = "announcement.txt";
const lengthMax = 8_192; // 4,096 characters, as some editors write them

/** Takes the file that somebody has put into the state folder; what is wrong with it stops nobody. */
export async function takeDropped(
  announcements: Announcements,
  store: Store,
  tell: TellNews,
): Promise<void> {
  try {
    const bytes = await store.read(droppedFile, lengthMax);
    if (bytes !== undefined) await takeQuietly(announcements, textOf(bytes), droppedFile, tell);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    tell({ from: droppedFile, refused: error });
  }
}

/** Takes one that was found; one that is known already is no news. */
export async function takeQuietly(
  announcements: Announcements,
  text: string,
  from: string,
  tell: TellNews,
  hosts: readonly HostTime[] = [],
): Promise<void> {
  if (announcements.has(text)) return;
  const before = new Set(announcements.live);
  try {
    await orNothing(announcements.take(text, hosts));
    const urls = announcements.live
      .filter((each) => !before.has(each))
      .flatMap((each) => each.urls);
    tell({ from, urls });
  } catch (error) {
    if (!(error instanceof AnnouncementError)) throw error;
    tell({ from, refused: error });
  }
}

function textOf(bytes: Uint8Array): string {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe; // as some shells redirect
  return new TextDecoder(isUtf16 ? "utf-16le" : "utf-8").decode(bytes);
}
