import { restMsOf } from "../routes/route-host.ts";
import type { Checker } from "./checker.ts";
import type { Scene } from "./scene.ts";

/** Requests to one dead route in one run: what metadata, index and chunks take at the most. */
const perRunMax = 40;
const perSecondMax = 12;
const laterMsMax = 3_600_000; // in later runs a route that has to be enough is asked after an hour
const jumpsMs = 300_000; // what clocks of drills jump and drift, by which later runs go

/** Law 6: a dead route is asked a bounded number of times, and `Retry-After` is obeyed. */
export function leavesDeadAlone({ world, hosts, disk }: Scene): Checker {
  const asked = new Map<string, number[]>();
  const restUntil = new Map<string, number>();
  const askedForItAt = new Map<string, number>();
  return {
    began() {
      asked.clear();
      for (const [host, until] of restUntil) {
        restUntil.set(host, Math.min(until, (askedForItAt.get(host) ?? 0) + laterMsMax - jumpsMs));
      }
    },
    ended() {
      if (disk.full) restUntil.clear(); // what cannot be written is not remembered
    },
    crashed() {
      restUntil.clear();
    },
    asked({ host, path }) {
      if ((restUntil.get(host) ?? 0) > world.now) {
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
    answered({ host, answer }) {
      const restMs = answer && restMsOf(answer);
      if (restMs === undefined) return;
      askedForItAt.set(host, world.now);
      restUntil.set(host, Math.max(restUntil.get(host) ?? 0, world.now + restMs));
    },
  };
}
