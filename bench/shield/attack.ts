import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../test/support/listening.ts";
import {
  type FloodJob,
  type FloodKind,
  type FloodTold,
  floodBounds,
  holdingKinds,
} from "./flood-job.ts";
import type { Front } from "./fronts.ts";
import { LoadProcess } from "./load-process.ts";
import { bogusOf, type Site } from "./site.ts";
import type { Visit, VisitJob } from "./visit-job.ts";

/** One flood of one front. */
export interface Attack {
  readonly front: Front;
  readonly kind: FloodKind;
  /** Of what the unprotected site can serve. */
  readonly times: number;
  /** How often newcomers come back; with 0 nobody waits for them. */
  readonly retriesMax: number;
}

export interface Attacked {
  readonly visits: readonly Visit[];
  readonly flood: FloodTold;
  /** Requests that the flood was to send in a second. */
  readonly asked: number;
}

/** What the unprotected site serves at most, and how long each part takes. */
export interface Field {
  readonly site: Site;
  /** Patches in a second, each over a new connection. */
  readonly capacity: number;
  readonly seconds: number;
  /** How many addresses a flood comes from, if it has as many connections. */
  readonly sources: number;
}

const warmSeconds = 1;
const calmSeconds = 2;
const onsetSeconds = 1;
const spareSeconds = 20; // programs that nobody stops end by themselves
const retrySecondsMax = 110; // three waits of at most 25 s, and four tries of some seconds
const perSecond: VisitJob["perSecond"] = {
  ticketed: 50,
  "ticketed, flooding address": 25,
  newcomer: 25,
  "newcomer, flooding address": 15,
  browser: 10,
};
/** For each time of the capacity: connections that ask, and connections that are only held. */
const perTime = { asking: 200, askingMax: 4_000, held: 512 } as const;

function connectionsOf(kind: FloodKind, times: number): number {
  return holdingKinds.has(kind)
    ? Math.min(times * perTime.held, floodBounds.connections)
    : Math.min(times * perTime.asking, perTime.askingMax);
}

/** Lets the visitors come in calm, then under the flood, and says what became of them. */
export async function attack(
  field: Field,
  { front, kind, times, retriesMax }: Attack,
): Promise<Attacked> {
  const { site, capacity, seconds } = field;
  const connections = connectionsOf(kind, times);
  const sources = Math.min(connections, field.sources);
  await using stack = new AsyncDisposableStack();
  const free = Array.from({ length: front.entrances ?? 0 }, () => freePort());
  const entrances = await Promise.all(free);
  const port = await front.start(site, stack, entrances);
  const tickets = site.tickets(entrances);
  const asked = holdingKinds.has(kind) ? 0 : Math.round(times * capacity);
  const wait = retriesMax > 0 ? retrySecondsMax : 0;
  const visits: VisitJob = {
    port,
    perSecond,
    passes: tickets.map(({ token, ports }) => ({ header: front.pass(token), ports })),
    patch: site.patch,
    retriesMax,
    sources,
    seconds: warmSeconds + calmSeconds + onsetSeconds + seconds + spareSeconds,
  };
  const [stolen] = tickets;
  const flood: FloodJob = {
    // Whoever has stolen a ticket knows what it names.
    ports: kind === "stolen" ? [port, ...(stolen?.ports ?? [])] : [port],
    kind,
    connections,
    sources,
    perSecond: Math.min(asked, floodBounds.perSecond),
    seconds: onsetSeconds + seconds + spareSeconds + wait,
    paths: { patch: site.patch.path, large: site.large.path },
    passes: {
      bogus: tickets.map((ticket) => front.pass(bogusOf(ticket))),
      stolen: front.pass(stolen?.token ?? ""),
    },
  };
  using visiting = await LoadProcess.start("visit-process.ts", visits, true);
  await sleep(warmSeconds * 1000);
  visiting.tell("calm");
  await sleep(calmSeconds * 1000);
  visiting.tell("onset");
  using flooding = await LoadProcess.start("flood-process.ts", flood, false);
  await sleep(onsetSeconds * 1000);
  visiting.tell("flood");
  await sleep(seconds * 1000);
  const came = (await visiting.stop()) as readonly Visit[];
  return { visits: came, flood: (await flooding.stop()) as FloodTold, asked };
}
