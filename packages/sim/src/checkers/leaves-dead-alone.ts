import type { Checker } from "./checker.ts";
import type { Scene } from "./scene.ts";

/** Requests to one dead route in one run: what metadata, index and chunks take at the most. */
const perRunMax = 40;
const perSecondMax = 12;
const retryAfterMsMax = 24 * 3_600_000; // who asks for more is not obeyed

/** Law 6: a dead route is asked a bounded number of times, and `Retry-After` is obeyed. */
export function leavesDeadAlone({ world, hosts }: Scene): Checker {
  const asked = new Map<string, number[]>();
  const restUntil = new Map<string, number>();
  return {
    began() {
      asked.clear();
      restUntil.clear(); // a run does not know of the one before
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
      const wait = answer?.headers.get("retry-after") ?? "";
      if (answer === undefined || answer.status < 400 || answer.status === 404) return;
      if (answer.status === 410 || answer.status === 416 || !/^\d{1,15}$/.test(wait)) return;
      const until = world.now + Math.min(Number(wait) * 1000, retryAfterMsMax);
      restUntil.set(host, Math.max(restUntil.get(host) ?? 0, until));
    },
  };
}
