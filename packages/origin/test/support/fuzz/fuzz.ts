import { Dice } from "./dice.ts";
import { type FuzzedServer, type Held, startFuzzed } from "./fuzzed-server.ts";
import { judge } from "./judge.ts";
import { makeScript, type Script } from "./script.ts";
import { makeSite, type Site } from "./site.ts";
import { type Ports, visit } from "./visit.ts";

const visitors = 100; // a fifth of the server's connections
const warmUp = 10_000; // requests, after which caches are full and code is compiled
const growthMax = 24 * 1024 * 1024; // a leak of 12 bytes a request shows in two million

export interface FuzzOptions {
  readonly seed: number;
  readonly requests: number;
  /** Seeds of single connections that come first. */
  readonly known: readonly number[];
  readonly tell: (line: string) => void;
}

/** What a run did. */
export interface FuzzReport {
  readonly requests: number;
  readonly connections: number;
  readonly canaries: number;
  readonly answers: ReadonlyMap<number, number>;
  readonly logLines: number;
  readonly before: Held;
  readonly after: Held;
}

/**
 * Lets many clients at once do what clients must not, and others among them what is right, against
 * a server in a process of its own on this machine.
 * @throws {Error} at the first thing that the server did wrong, with the seed of the connection
 */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const cleaning: (() => void)[] = [];
  const site = makeSite();
  cleaning.push(() => site.repository.remove());
  try {
    const server = await startFuzzed(site, (clean) => cleaning.push(clean));
    const report = await run(options, server, site);
    await server.stop();
    return report;
  } finally {
    for (const clean of cleaning.toReversed()) clean();
  }
}

async function run(
  { seed, requests, known, tell }: FuzzOptions,
  server: FuzzedServer,
  site: Site,
): Promise<FuzzReport> {
  const counts = { requests: 0, connections: 0, canaries: 0 };
  const answers = new Map<number, number>();
  const seeds = seedsOf(seed, known);
  const visitor = async (until: number): Promise<void> => {
    while (counts.requests < until) {
      server.check();
      const script = makeScript(seeds(), site);
      counts.requests += script.requests;
      counts.connections++;
      counts.canaries += Number(script.canary);
      for (const status of await play(script, server.ports, site)) {
        answers.set(status, (answers.get(status) ?? 0) + 1);
      }
      if (counts.connections % 20_000 === 0) tell(`${counts.requests} requests`);
    }
  };
  const visitAll = async (until: number): Promise<Held> => {
    await Promise.all(Array.from({ length: visitors }, () => visitor(until)));
    await server.settle();
    return server.held();
  };
  const before = await visitAll(Math.min(warmUp, requests / 2));
  const after = await visitAll(requests);
  for (const kind of ["heapUsed", "external"] as const) {
    const grown = after[kind] - before[kind];
    if (grown > growthMax) throw new Error(`${kind} grew by ${grown} bytes`);
  }
  if (after.handles > before.handles) throw new Error(`${after.handles} handles are open`);
  for (let canary = 0; canary < 20; canary++)
    await play(nextCanary(seeds, site), server.ports, site);
  return { ...counts, answers, logLines: server.check(), before, after };
}

/** Plays one script, and judges what came of it. @returns the statuses */
async function play(script: Script, ports: Ports, site: Site): Promise<readonly number[]> {
  try {
    const { sent, received, late } = await visit(script, ports);
    return judge(sent, { bytes: received, complete: script.canary && !late, late }, site);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`connection of seed ${script.seed}: ${reason}`, { cause });
  }
}

function nextCanary(seeds: () => number, site: Site): Script {
  for (;;) {
    const script = makeScript(seeds(), site);
    if (script.canary) return script;
  }
}

function seedsOf(seed: number, known: readonly number[]): () => number {
  const dice = new Dice(seed);
  let at = 0;
  return () => known[at++] ?? dice.uint32();
}
