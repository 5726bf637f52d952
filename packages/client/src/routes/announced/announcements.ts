import {
  type Announcement,
  AnnouncementError,
  type AnnouncementTrust,
  announcementLimits,
  type Instant,
  openAnnouncement,
  readAnnouncement,
  routeListPath,
  type ShardKey,
  type Store,
} from "@causeway/kernel";
import { type Authority, authorityOver, isSignedByOneOf, repositoryIdOf } from "@causeway/trust";
import { type HostTime, judgeTime } from "../../metadata/judge-time.ts";
import { type TrustState, unlessRefused } from "../../metadata/trust-state.ts";
import { orNothing } from "../../or-nothing.ts";
import { type AnnouncementRecord, codesMax, keepRecord, readRecord } from "./record.ts";

const lookUpRestMs = 15 * 60_000; // a vendor under attack is heard of soon enough
const skewMs = 24 * 3_600_000; // of a clock that is behind: a wrong time zone is no wrong year

/** Announcements that a state has taken, and what it holds further ones against. */
export class Announcements {
  readonly #store: Store;
  readonly #state: TrustState;
  readonly #local: Instant;
  readonly #authority: Authority | undefined;
  #record: AnnouncementRecord;
  #live: readonly Announcement[] = [];

  private constructor(store: Store, state: TrustState, local: Instant, kept: AnnouncementRecord) {
    this.#store = store;
    this.#state = state;
    this.#local = local;
    this.#authority = authorityOf(state);
    this.#record = this.#authority === undefined ? kept : this.#underOwnKeys(kept, this.#authority);
  }

  /**
   * Those that earlier runs have taken, each verified again: new keys of `routes` end what others
   * have signed, and the numbers that those had got to.
   * @param local the time that the local clock shows
   */
  static async open(store: Store, state: TrustState, local: Instant): Promise<Announcements> {
    return new Announcements(store, state, local, await readRecord(store));
  }

  /** Those that are good now, the newest first. */
  get live(): readonly Announcement[] {
    return this.#live;
  }

  /** The routes that they bring, those of the newest first. */
  get urls(): readonly string[] {
    return [...new Set(this.#live.flatMap(({ urls }) => urls))];
  }

  /** The keys of reserves that they bring. */
  get shardKeys(): readonly ShardKey[] {
    return this.#live.flatMap(({ shardKeys = [] }) => shardKeys);
  }

  /** True of one that was taken before, however it is written. */
  has(text: string): boolean {
    const one = plain(text);
    return this.#record.codes.some((code) => code === one);
  }

  /**
   * Takes an announcement, for this run and those to come.
   * @param hosts what routes say of the time
   * @throws {AnnouncementError} it is not to be followed
   * @throws {HostError} it is followed in this run, and cannot be kept
   */
  async take(text: string, hosts: readonly HostTime[] = []): Promise<Announcement> {
    const { urls } = readAnnouncement(text);
    const taken = openAnnouncement(text, this.#trust(this.#record.sequence, hosts, urls));
    const { codes, lookUp } = this.#record;
    this.#live = [taken, ...this.#live];
    this.#record = {
      keys: idsOf(this.#authority),
      sequence: taken.sequence,
      codes: [plain(text), ...codes].slice(0, codesMax),
      ...(lookUp && { lookUp }),
    };
    await keepRecord(this.#store, this.#record);
    return taken;
  }

  /**
   * Whether the DNS may be asked for announcements now; if so, it is not again for a while.
   * @param chance from 0 to 1, so that a fleet spreads
   */
  async beginLookUp(chance: number): Promise<boolean> {
    const { lookUp } = this.#record;
    const now = this.#local;
    const isResting = lookUp !== undefined && lookUp.askedAt <= now && now < lookUp.until;
    if (isResting) return false;
    const until = now + Math.round(lookUpRestMs * (0.5 + chance));
    this.#record = { ...this.#record, lookUp: { askedAt: now, until } };
    await orNothing(keepRecord(this.#store, this.#record));
    return true;
  }

  #underOwnKeys(kept: AnnouncementRecord, authority: Authority): AnnouncementRecord {
    const keys = idsOf(authority);
    const known = kept.codes.flatMap((code) => {
      const sequence = this.#sequenceOf(code);
      return sequence === undefined ? [] : [{ code, sequence }];
    });
    const isSame = keys.join() === kept.keys.join();
    const sequence = Math.max(isSame ? kept.sequence : 0, ...known.map((each) => each.sequence));
    return { ...kept, keys, sequence, codes: known.map(({ code }) => code) };
  }

  /** Of a code that is good, or will be, or was; undefined for one that nobody vouches for. */
  #sequenceOf(code: string): number | undefined {
    try {
      const announcement = openAnnouncement(code, this.#trust(0, []));
      this.#live = [...this.#live, announcement];
      return announcement.sequence;
    } catch (error) {
      if (!(error instanceof AnnouncementError)) throw error;
      const isOfItsTime =
        error.code === "ANNOUNCEMENT_EXPIRED" || error.code === "ANNOUNCEMENT_ENDLESS";
      return isOfItsTime ? readAnnouncement(code).sequence : undefined;
    }
  }

  #trust(
    takenSequence: number,
    hosts: readonly HostTime[],
    urls: readonly string[] = [],
  ): AnnouncementTrust {
    const [first] = this.#state.roots.values();
    const { newestSignedAt, lastExpiry } = this.#state.set;
    const time = judgeTime({ local: this.#local, newestSigned: newestSignedAt, lastExpiry, hosts });
    const authority = this.#authority;
    return {
      repository: first && unlessRefused(() => repositoryIdOf(first)),
      takenSequence,
      now: time.now,
      // A clock that is known to be wrong does not tell how far off an end is.
      ...(time.by !== "signed" && { lifeMsMax: announcementLimits.lifeMsMax + skewMs }),
      verifies(message, signature) {
        if (authority === undefined) throw unknownKeys(urls);
        return isSignedByOneOf(authority, message, signature);
      },
    };
  }
}

/** Who may sign announcements, as far as the state knows. */
function authorityOf(state: TrustState): Authority | undefined {
  const targets = state.document("targets");
  return targets && unlessRefused(() => authorityOver(routeListPath, state.set.root, targets));
}

function idsOf(authority: Authority | undefined): readonly string[] {
  return [...(authority?.keys.keys() ?? [])].toSorted();
}

/** Without what stands between its characters. */
function plain(text: string): string {
  return text
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, "")
    .replaceAll("O", "0")
    .replace(/[IL]/g, "1");
}

function unknownKeys([url]: readonly string[]): AnnouncementError {
  const what = "this state does not know yet who may sign announcements";
  const other = url === undefined ? "" : `, or the announcement's own (--route ${url})`;
  const text = `${what}; use a route of the vendor first${other}: what is there proves itself.`;
  return new AnnouncementError("ANNOUNCEMENT_UNKNOWN", text);
}
