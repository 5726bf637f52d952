import type { Clock, Random, RepositoryId } from "@causeway/kernel";
import { type Link, linkOf, machineLinks } from "./links.ts";
import { announcement, answerTo, readMessage, type Told } from "./messages.ts";
import { type Multicast, mdnsPort, openMulticast, type Peer } from "./multicast.ts";
import { SenderBudget } from "./sender-budget.ts";

export interface TellOptions {
  readonly repository: RepositoryId;
  /** Where it is served. */
  readonly port: number;
  readonly clock: Pick<Clock, "sleep" | "steady">;
  readonly random: Random;
}

/** Tells of a neighbour while it lasts. */
export interface Telling {
  /** How many networks it is told on so far; none where the machine has none. */
  readonly links: number;
  /** Says goodbye. Safe to call twice. */
  stop(): Promise<void>;
}

/** Where it is told; the machine's own networks, but for tests. */
export interface TellPlace {
  readonly links: () => readonly Link[];
  readonly open: (links: readonly Link[]) => Promise<Multicast | undefined>;
}

const repeatMs = 1_000; // RFC 6762 section 6 and 8.3: no message is repeated earlier
const delayMs = { least: 20, spread: 100 } as const; // section 6: so that not all speak at once
const linksEveryMs = 10_000; // a laptop comes to another network
export const tellLimits = {
  /** In a second: a machine asks all that it wants to know in a few. */
  messagesPerSenderMax: 20,
  sendersMax: 200,
  answersPerSecondMax: 20, // to who asks from other ports than mDNS's
} as const;

const machine: TellPlace = {
  links: machineLinks,
  open: (links) => openMulticast(links, { mayUseAnyPort: false }),
};

/**
 * Tells the machine's own networks, by DNS-SD (RFC 6763), that a repository is served here, until
 * it is stopped. Nothing of what is held is said: only which vendor's repository it is.
 */
export async function tellNeighbours(options: TellOptions, place = machine): Promise<Telling> {
  const teller = new Teller(options, place);
  await teller.look();
  return {
    get links() {
      return teller.links;
    },
    stop: () => teller.stop(),
  };
}

class Teller {
  readonly #options: TellOptions;
  readonly #place: TellPlace;
  readonly #told: Told;
  readonly #stopped = new AbortController();
  readonly #busy = new Map<string, number>(); // by address of ours: until then it says nothing more
  readonly #budget = new SenderBudget(tellLimits.messagesPerSenderMax, tellLimits.sendersMax);
  readonly #rate = { second: 0, answers: 0 };
  #multicast: Multicast | undefined;
  #links: readonly Link[] = [];
  #stopping: Promise<void> | undefined;

  constructor(options: TellOptions, place: TellPlace) {
    const { repository, port, random } = options;
    this.#options = options;
    this.#place = place;
    this.#told = { name: nameFrom(random), port, repository };
  }

  get links(): number {
    return this.#multicast === undefined ? 0 : this.#links.length;
  }

  /** Looks for networks, now and again. */
  async look(): Promise<void> {
    const links = this.#place.links();
    const known = new Set(this.#links.map(({ address }) => address));
    this.#links = links;
    this.#multicast ??= await this.#open();
    this.#multicast?.join(links);
    const fresh = links.filter(({ address }) => !known.has(address));
    if (this.#multicast !== undefined && fresh.length > 0) this.#later(() => this.#announce(fresh));
    this.#later(async () => {
      await this.#sleep(linksEveryMs);
      await this.look();
    });
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#sayGoodbye();
    return this.#stopping;
  }

  async #sayGoodbye(): Promise<void> {
    this.#stopped.abort();
    for (const link of this.#links) {
      await this.#multicast?.tell(announcement(this.#told, link.address, true), link);
    }
    this.#multicast?.close();
  }

  async #open(): Promise<Multicast | undefined> {
    const multicast = await this.#place.open(this.#links);
    multicast?.listen((bytes, from) => this.#hear(bytes, from));
    return multicast;
  }

  async #announce(links: readonly Link[]): Promise<void> {
    for (const wait of [0, repeatMs]) {
      await this.#sleep(wait);
      for (const link of links) await this.#say(announcement(this.#told, link.address), link);
    }
  }

  #hear(bytes: Buffer, from: Peer): void {
    if (this.#stopped.signal.aborted) return;
    const link = linkOf(from.address, this.#links);
    if (link === undefined) return;
    this.#countSecond();
    if (!this.#budget.take(from.address)) return; // what a flood sends beyond is not even read
    const asked = readMessage(bytes);
    if (asked === undefined) return;
    const isLegacy = from.port !== mdnsPort;
    const answer = answerTo(asked, this.#told, link.address, isLegacy);
    if (answer === undefined) return;
    if (!isLegacy) this.#later(() => this.#answerAll(answer, link));
    else if (++this.#rate.answers <= tellLimits.answersPerSecondMax)
      this.#later(async () => this.#multicast?.answer(answer, from));
  }

  async #answerAll(answer: Buffer, link: Link): Promise<void> {
    const { clock, random } = this.#options;
    const now = clock.steady();
    if (now < (this.#busy.get(link.address) ?? Number.NEGATIVE_INFINITY)) return;
    this.#busy.set(link.address, now + repeatMs);
    await this.#sleep(delayMs.least + (random.uint32() % delayMs.spread));
    await this.#say(answer, link);
  }

  async #say(message: Buffer, link: Link): Promise<void> {
    if (!this.#stopped.signal.aborted) await this.#multicast?.tell(message, link);
  }

  #countSecond(): void {
    const second = Math.floor(this.#options.clock.steady() / 1000);
    if (second === this.#rate.second) return;
    Object.assign(this.#rate, { second, answers: 0 });
    this.#budget.reset();
  }

  async #sleep(ms: number): Promise<void> {
    await this.#options.clock.sleep(ms, this.#stopped.signal);
  }

  /** Beside whatever else goes on, until it is stopped. */
  #later(act: () => Promise<void>): void {
    act().catch((error: unknown) => {
      if (!this.#stopped.signal.aborted) throw error;
    });
  }
}

/** 128 bits of chance: nobody else has it, so nobody need be asked first (RFC 6762 section 8.1). */
function nameFrom(random: Random): string {
  const words = Array.from({ length: 4 }, () => random.uint32().toString(16).padStart(8, "0"));
  return words.join("");
}
