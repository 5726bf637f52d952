import { addressOf, type Exchange } from "../network/request.ts";
import { restMsOf } from "../routes/route-host.ts";
import type { Checker } from "./checker.ts";
import type { Scene } from "./scene.ts";

/** Requests to one dead route in one run: what metadata, index and chunks take at the most. */
const perRunMax = 40;
const perSecondMax = 12;
const laterMsMax = 3_600_000; // in later runs a route that has to be enough is asked after an hour
/** Of the clock that later runs go by: it is rounded, and a run does not see it drift (200 ppm). */
const clockErrorMs = 60;
const setBackMs = 600_000; // a clock that was set back by as much has forgotten what it wrote

/** What an address asked for. */
interface Rest {
  /** Of a private entrance, of which a later run knows nothing. */
  readonly isPrivate: boolean;
  /** World time, which the run itself can measure. */
  readonly until: number;
  /** By the machine's clock, from and to. */
  readonly wallFrom: number;
  readonly wallUntil: number;
  isLaterRun: boolean;
  /** World time until which a later run has to leave it alone, as its clock was when it began. */
  laterUntil: number;
}

/**
 * Law 6: a dead route is asked a bounded number of times, and `Retry-After` is obeyed where no
 * redirect led: else a liar could put another one to rest that it redirects to.
 */
export function leavesDeadAlone({ world, hosts, disk, clock }: Scene): Checker {
  const asked = new Map<string, number[]>();
  const rests = new Map<string, Rest>();
  const led = new Led();
  let offsetMs = clock.offsetMs; // as the run has it: no jump changes that while it lasts
  const mayAsk = (rest: Rest): boolean => {
    if (!rest.isLaterRun) return world.now >= rest.until;
    return world.now >= rest.until || world.now >= rest.laterUntil - clockErrorMs;
  };
  return {
    began() {
      asked.clear();
      offsetMs = clock.offsetMs;
      for (const [address, rest] of rests) {
        const wall = world.now + offsetMs;
        // Set back, the clock makes the run forget it for good.
        const isForgotten = rest.isPrivate || wall < rest.wallFrom - setBackMs;
        if (rest.until <= world.now || isForgotten) {
          rests.delete(address);
          continue;
        }
        const restMs = Math.min(rest.wallUntil - rest.wallFrom, laterMsMax);
        rest.isLaterRun = true;
        rest.laterUntil = world.now + restMs - Math.max(0, wall - rest.wallFrom);
        // Over by a clock that was set forward, it is forgotten, though the clock be set back again.
        if (rest.laterUntil <= world.now) rests.delete(address);
      }
    },
    ended() {
      if (disk.full) rests.clear(); // what cannot be written is not remembered
    },
    crashed() {
      rests.clear();
    },
    asked(exchange) {
      const { host, port, path } = exchange;
      led.asked(exchange, world.now);
      const address = addressOf(exchange);
      const rest = rests.get(address);
      if (rest !== undefined && !mayAsk(rest)) {
        world.broke(6, `${address} was asked for ${path} while it had asked for rest`);
      }
      if (!hosts.some((route) => route.name === host && route.behaviourAt(port).dead)) return;
      const times = asked.get(address) ?? [];
      asked.set(address, times);
      times.push(world.now);
      const lately = times.filter((at) => at > world.now - 1_000).length;
      if (times.length > perRunMax || lately > perSecondMax) {
        world.broke(
          6,
          `dead ${address} was asked ${times.length} times in a run, ${lately} lately`,
        );
      }
    },
    answered(exchange) {
      const { answer, port } = exchange;
      led.answered(answer?.headers.get("location"), world.now);
      const restMs = answer && restMsOf(answer);
      if (restMs === undefined || led.has(exchange)) return;
      const wallFrom = world.now + offsetMs;
      const told = { isPrivate: port !== undefined, until: world.now + restMs, wallFrom };
      const address = addressOf(exchange);
      rests.set(address, restAfter(rests.get(address), told, restMs));
    },
  };
}

/** Which requests a redirect has led to. */
class Led {
  readonly #redirects = new Map<string, number>(); // world times, by where they lead
  readonly #last = new Map<string, Exchange>();
  readonly #led = new WeakSet<Exchange>();

  has(exchange: Exchange): boolean {
    return this.#led.has(exchange);
  }

  answered(location: string | undefined, now: number): void {
    if (location !== undefined) this.#redirects.set(location, now);
  }

  asked(exchange: Exchange, now: number): void {
    const url = `http://${exchange.host}/${exchange.path}`;
    const last = this.#last.get(url);
    this.#last.delete(url);
    // A connection that was reset is made once more.
    const isOnceMore = last?.closed === true && last.answer === undefined;
    if (this.#redirects.get(url) !== now && !isOnceMore) return;
    this.#led.add(exchange);
    this.#last.set(url, exchange);
  }
}

function restAfter(
  before: Rest | undefined,
  asked: Pick<Rest, "isPrivate" | "until" | "wallFrom">,
  restMs: number,
): Rest {
  // One of an earlier run was over, as far as it counts, when the route was asked again.
  const ownUntil = before?.isLaterRun === false ? before.until : 0;
  return {
    isPrivate: asked.isPrivate,
    until: Math.max(ownUntil, asked.until),
    wallFrom: asked.wallFrom,
    wallUntil: asked.wallFrom + restMs,
    isLaterRun: false,
    laterUntil: Infinity,
  };
}
