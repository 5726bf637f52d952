import {
  AnnouncementError,
  type Clock,
  type Random,
  readAnnouncement,
  type TextRecords,
} from "@causeway/kernel";
import type { HostTime } from "../../metadata/judge-time.ts";
import { Cancel, over } from "../cancel.ts";
import type { Announcements } from "./announcements.ts";
import { type TellNews, takeQuietly } from "./dropped.ts";

const limits = {
  namesMax: 16, // one question each; a name server has that many for one web page
  textsMax: 8, // of a name
  ms: 8_000, // two tries at each of two name servers
} as const;

/** Where announcements may stand. */
export interface Places {
  /** Of the routes that are known, the most preferred first. */
  readonly bases: readonly URL[];
  readonly isRetired: (base: URL) => boolean;
  /** What routes say of the time. */
  readonly hosts: readonly HostTime[];
}

/**
 * Looks for announcements in the DNS, below the names of the routes that are known, and takes what
 * it finds. It asks only now and then, however often it is called.
 */
export async function lookUpAnnouncements(
  announcements: Announcements,
  { bases, isRetired, hosts }: Places,
  ports: { readonly clock: Clock; readonly random: Random; readonly texts?: TextRecords },
  signal: AbortSignal,
  tell: TellNews,
): Promise<void> {
  const domains = domainsOf(bases).filter((name) => !isRetired(new URL(`https://${name}/`)));
  const { texts, clock, random } = ports;
  if (texts === undefined || domains.length === 0) return;
  if (!(await announcements.beginLookUp(random.uint32() / 2 ** 32))) return;
  const names = domains.slice(0, limits.namesMax).map((domain) => `_causeway.${domain}`);
  const found = await ask(names, texts, clock, signal);
  for (const { name, text } of found.toSorted((a, b) => sequenceOf(a.text) - sequenceOf(b.text))) {
    await takeQuietly(announcements, text, name, tell, hosts);
  }
}

/** The names of the hosts, and what each of them is a part of; no addresses, and no top level. */
export function domainsOf(bases: readonly URL[]): readonly string[] {
  const names = bases.flatMap(({ protocol, hostname }) => {
    const name = hostname.replace(/\.$/, "");
    const isName = /^https?:$/.test(protocol) && !/^[\d.]+$|[:[\]]/.test(name);
    return isName ? [name, name.slice(name.indexOf(".") + 1)] : [];
  });
  // No name server of the Internet knows of the latter (RFC 6761, RFC 6762).
  const isPublic = (name: string): boolean => {
    return name.includes(".") && !/\.(?:localhost|invalid|local)$/.test(name);
  };
  return [...new Set(names)].filter(isPublic);
}

interface Found {
  readonly name: string;
  readonly text: string;
}

async function ask(
  names: readonly string[],
  records: TextRecords,
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly Found[]> {
  const found: Found[] = [];
  const cancel = new Cancel(signal);
  const all = names.map(async (name) => {
    try {
      const answer = await records.textsAt(name, cancel.signal);
      const texts = answer.filter((text) => !isOfOthers(text)).slice(0, limits.textsMax);
      for (const text of texts) found.push({ name, text });
    } catch {
      // Nobody knows of it, or nobody answers: both are the rule.
    }
  });
  const timer = new Cancel(signal);
  const alarm = clock.sleep(limits.ms, timer.signal).catch(() => undefined); // we end it
  await Promise.race([Promise.all(all), alarm]);
  timer.cancel(over);
  cancel.cancel(over);
  signal.throwIfAborted();
  return [...found];
}

/** As `v=spf1 …`: where a wildcard has such a text, it stands below every name. */
function isOfOthers(text: string): boolean {
  return text.includes("=");
}

/** So that of several that are good none is in the way of another. */
function sequenceOf(text: string): number {
  try {
    return readAnnouncement(text).sequence;
  } catch (error) {
    if (error instanceof AnnouncementError) return 0;
    throw error;
  }
}
