import type { Clock, Random, RepositoryId } from "@causeway/kernel";
import { HeardNeighbours } from "./heard.ts";
import { type Link, machineLinks } from "./links.ts";
import { question } from "./messages.ts";
import { type Multicast, openMulticast } from "./multicast.ts";

export interface LookOptions {
  readonly repository: RepositoryId;
  readonly clock: Pick<Clock, "sleep">;
  readonly random: Random;
  readonly signal: AbortSignal;
}

/** Where neighbours are looked for; the machine's own networks, but for tests. */
export interface LookPlace {
  readonly links: readonly Link[];
  readonly multicast: Multicast | undefined;
}

/** Times at which it is asked, in milliseconds; a message is lost now and then. */
const askedAtMs = [0, 300] as const;
/** Who has heard somebody by then is done; answers come within 120 ms (RFC 6762 section 6). */
const soonMs = 600;
// By RFC 6762 section 6, an answer to all is not repeated within a second: who asks then hears
// nothing before they ask again.
const askedLateMs = 1_100;
const lastMs = 1_500;
// More of one network's are no faster, and a run has 64 routes at most.
export const neighboursMax = 8;

/**
 * Asks the machine's own networks who serves the repository, for a second and a half at most. What
 * they say is believed of nobody: an answer only leads to a server that is asked as any other.
 * @returns URLs of routes, in an order drawn anew each time; none where there is no network
 * @throws the signal's reason
 */
export async function lookForNeighbours(options: LookOptions): Promise<readonly string[]> {
  const links = machineLinks();
  const multicast = await openMulticast(links, { mayUseAnyPort: true });
  return lookIn({ links, multicast }, options);
}

/** As `lookForNeighbours`, in another place than the machine's. */
export async function lookIn(
  { links, multicast }: LookPlace,
  { repository, clock, random, signal }: LookOptions,
): Promise<readonly string[]> {
  if (multicast === undefined) return [];
  const heard = new HeardNeighbours(links, repository);
  try {
    multicast.listen((bytes, from) => heard.take(bytes, from));
    const ask = async (): Promise<void> => {
      for (const link of links) await multicast.tell(question(), link);
    };
    let nowMs = 0;
    const until = async (ms: number): Promise<void> => {
      await clock.sleep(ms - nowMs, signal);
      nowMs = ms;
    };
    for (const ms of askedAtMs) {
      await until(ms);
      await ask();
    }
    await until(soonMs);
    if (heard.urls.length === 0) {
      await until(askedLateMs);
      await ask();
      await until(lastMs);
    }
    return drawn(heard.urls, neighboursMax, random);
  } finally {
    multicast.close();
  }
}

/** At most so many of them, drawn by chance. */
function drawn(urls: readonly string[], count: number, random: Random): readonly string[] {
  const left = [...urls];
  const taken: string[] = [];
  while (left.length > 0 && taken.length < count) {
    taken.push(...left.splice(random.uint32() % left.length, 1));
  }
  return taken;
}
