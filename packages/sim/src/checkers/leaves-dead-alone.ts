import type { Exchange } from "../network/request.ts";
import { restMsOf } from "../routes/route-host.ts";
import type { Checker } from "./checker.ts";
import type { Scene } from "./scene.ts";

/** Requests to one dead route in one run: what metadata, index and chunks take at the most. */
const perRunMax = 40;
const perSecondMax = 12;
const laterMsMax = 3_600_000; // in later runs a route that has to be enough is asked after an hour
const roundingMs = 2; // of the machine's clock, by which later runs go
const setBackMs = 600_000; // a clock that was set back by as much has forgotten what it wrote

/** What a route asked for. */
interface Rest {
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
 * Law 6: a dead route is asked a bounded number of times, and `Retry-After` is obeyed by the route
 * over which it came: else a liar could put another one to rest that it redirects to.
 */
export function leavesDeadAlone({ world, hosts, disk, clock }: Scene): Checker {
  const asked = new Map<string, number[]>();
  const rests = new Map<string, Rest>();
  const redirects = new Map<string, number>(); // world times, by where they lead
  const led = new WeakSet<Exchange>();
  const mayAsk = (rest: Rest): boolean => {
    if (!rest.isLaterRun) return world.now >= rest.until;
    return world.now >= rest.until || world.now >= rest.laterUntil - roundingMs;
  };
  return {
    began() {
      asked.clear();
      for (const [host, rest] of rests) {
        const wall = world.now + clock.offsetMs;
        // Set back, the clock makes the run forget it for good.
        if (rest.until <= world.now || wall < rest.wallFrom - setBackMs) {
          rests.delete(host);
          continue;
        }
        const restMs = Math.min(rest.wallUntil - rest.wallFrom, laterMsMax);
        rest.isLaterRun = true;
        rest.laterUntil = world.now + restMs - Math.max(0, wall - rest.wallFrom);
        // Over by a clock that was set forward, it is forgotten, though the clock be set back again.
        if (rest.laterUntil <= world.now) rests.delete(host);
      }
    },
    ended() {
      if (disk.full) rests.clear(); // what cannot be written is not remembered
    },
    crashed() {
      rests.clear();
    },
    asked(exchange) {
      const { host, path } = exchange;
      if (redirects.get(`http://${host}/${path}`) === world.now) led.add(exchange);
      const rest = rests.get(host);
      if (rest !== undefined && !mayAsk(rest)) {
        world.broke(6, `${host} was asked for ${path} while it had asked for rest`);
      }
      if (!hosts.some(({ name, behaviour }) => name === host && behaviour.dead)) return;
      const times = asked.get(host) ?? [];
      asked.set(host, times);
      times.push(world.now);
      const lately = times.filter((at) => at > world.now - 1_000).length;
      if (times.length > perRunMax || lately > perSecondMax) {
        world.broke(6, `dead ${host} was asked ${times.length} times in a run, ${lately} lately`);
      }
    },
    answered(exchange) {
      const { host, answer } = exchange;
      const location = answer?.headers.get("location");
      if (location !== undefined) redirects.set(location, world.now);
      const restMs = answer && restMsOf(answer);
      if (restMs === undefined || led.has(exchange)) return;
      const wallFrom = world.now + clock.offsetMs;
      const before = rests.get(host);
      // One of an earlier run was over, as far as it counts, when the route was asked again.
      const ownUntil = before?.isLaterRun === false ? before.until : 0;
      rests.set(host, {
        until: Math.max(ownUntil, world.now + restMs),
        wallFrom,
        wallUntil: wallFrom + restMs,
        isLaterRun: false,
        laterUntil: Infinity,
      });
    },
  };
}
