import { setTimeout as sleep } from "node:timers/promises";
import { floodAddress, loopbackAddress } from "./addresses.ts";
import { type Fetched, fetchOnce, nothing } from "./fetch-once.ts";
import { solvePuzzle } from "./puzzle.ts";
import {
  checkVisitJob,
  type Phase,
  patienceMs,
  refusalPatienceMs,
  type Visit,
  type VisitJob,
  type Visitor,
  visitors,
} from "./visit-job.ts";

// Those who come for good reasons, to one port of this machine: it is told its job, the phases, and
// to stop; it tells what came of all. They come at their rate whatever became of those before.

const tickMs = 5;
const retryMsMax = 30_000;
const browserHeaders = ["Accept", "text/html,*/*;q=0.8", "User-Agent", "Mozilla/5.0"];
const retryMsUntold = 5_000; // who is told nothing waits about as long as who is

process.once("message", (message) => receive(checkVisitJob(message as VisitJob)));

function receive(job: VisitJob): void {
  const visits: Visit[] = [];
  const underWay = new Set<Promise<void>>();
  const began = performance.now();
  const came = new Map<Visitor, number>();
  let phase: Phase = "warm";
  const timer = setInterval(() => {
    const seconds = (performance.now() - began) / 1000;
    for (const visitor of visitors) {
      const number = came.get(visitor) ?? 0;
      if (seconds * job.perSecond[visitor] < number) continue;
      came.set(visitor, number + 1);
      const from = phase;
      const visiting = visit(job, visitor, number)
        .then((result) => void visits.push({ visitor, phase: from, ...result }))
        .finally(() => underWay.delete(visiting));
      if (from !== "after") underWay.add(visiting);
    }
  }, tickMs);
  const stop = async (): Promise<void> => {
    phase = "after";
    await Promise.all(underWay);
    clearInterval(timer);
    process.send?.(visits, undefined, undefined, () => process.exit(0));
  };
  process.on("message", (message) => {
    if (message === "stop") void stop();
    else phase = message as Phase;
  });
  setTimeout(() => void stop(), job.seconds * 1000);
  process.send?.("begun");
}

async function visit(
  job: VisitJob,
  visitor: Visitor,
  number: number,
): Promise<Pick<Visit, "ms" | "tries">> {
  const isNewcomer = visitor === "newcomer" || visitor === "newcomer, flooding address";
  const triesMax = isNewcomer ? 1 + job.retriesMax : 1;
  let place: string | undefined;
  for (let tries = 1; ; tries++) {
    const start = performance.now();
    const shown = place === undefined ? [] : ["Authorization", `Bearer ${place}`];
    const fetched = await fetchFor(job, visitor, number, shown);
    const ms = performance.now() - start;
    if (ms <= patienceMs && isServed(job, visitor, fetched)) return { ms, tries };
    place = fetched.ticket ?? place;
    if (tries === triesMax) return { ms: undefined, tries };
    const { retryAfter } = fetched;
    const untold = retryMsUntold * (0.5 + Math.random());
    await sleep(Math.min(retryAfter === undefined ? untold : retryAfter * 1000, retryMsMax));
  }
}

/** @param shown the header of a place, of who was refused before */
function fetchFor(
  job: VisitJob,
  visitor: Visitor,
  number: number,
  shown: readonly string[],
): Promise<Fetched> {
  const { port, patch, retriesMax } = job;
  if (visitor === "ticketed") {
    return fetchWithPass(job, number, loopbackAddress("ticketed", number));
  }
  if (visitor === "ticketed, flooding address") {
    return fetchWithPass(job, number, floodAddress(number, job.sources));
  }
  const isBrowser = visitor === "browser";
  const localAddress =
    visitor === "newcomer, flooding address"
      ? floodAddress(number, job.sources)
      : loopbackAddress(isBrowser ? "browsers" : "newcomers", number);
  const [path, own] = isBrowser ? ["/security/", browserHeaders] : [patch.path, shown];
  const msMax = retriesMax > 0 && !isBrowser ? refusalPatienceMs : patienceMs;
  return throughPuzzle((more) => {
    return fetchOnce({ port, localAddress }, path, [...own, ...more], msMax);
  });
}

/** As our client: by the entrances that the ticket names, and then as everybody. */
async function fetchWithPass(
  { port: forAll, passes, patch }: VisitJob,
  number: number,
  localAddress: string,
): Promise<Fetched> {
  const { header, ports } = passes[number % passes.length] ?? { header: "", ports: [] };
  const end = performance.now() + patienceMs;
  let fetched: Fetched | undefined;
  for (const port of [...ports, forAll]) {
    const left = end - performance.now();
    if (left <= 0) break;
    fetched = await fetchOnce({ port, localAddress }, patch.path, header.split(": "), left);
    if (fetched.status === 200) break;
  }
  return fetched ?? nothing;
}

/** Solves a puzzle if that is what the answer is, and asks once more. */
async function throughPuzzle(
  ask: (headers: readonly string[]) => Promise<Fetched>,
): Promise<Fetched> {
  const first = await ask([]);
  const solution = await solvePuzzle(first.text);
  if (solution === undefined) return first;
  const { cookie } = await ask(["X-Solution", solution]);
  return cookie === undefined ? first : ask(["Cookie", cookie]);
}

function isServed(job: VisitJob, visitor: Visitor, { status, length, text }: Fetched): boolean {
  if (status !== 200) return false;
  return visitor === "browser" ? text.includes("<h1>") : length === job.patch.length;
}
