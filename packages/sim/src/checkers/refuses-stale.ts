import { stateFolder } from "../customer.ts";
import { worldBegin } from "../world.ts";
import type { Checker } from "./checker.ts";
import type { Scene } from "./scene.ts";

const toleranceMs = 60_000;

/**
 * Law 5: with a right clock, no run succeeds on metadata that had expired when it began. Two hosts
 * or more that lie about the time, and are most of those who have a word, may outvote it ("Limits"
 * in docs/time.md).
 */
export function refusesStale({ world, vendor, disk, clock, hosts }: Scene): Checker {
  let clockWasRight = true;
  return {
    began() {
      clockWasRight = Math.abs(clock.offsetMs) < toleranceMs;
    },
    ended({ outcome, beganAt }) {
      if (outcome === undefined || "error" in outcome || !clockWasRight) return;
      const lied = new Set(outcome.got.routes.map(({ url, state }) => state === "lying" && url));
      const heard = hosts.filter(({ url }) => !lied.has(url)); // who lied has no word
      const liars = heard.filter(({ behaviour }) => behaviour.liesDate === true).length;
      if (liars > 1 && liars * 2 > heard.length) return;
      for (const role of ["timestamp", "snapshot", "targets", "patches"]) {
        const bytes = disk.folders.get(`${stateFolder}/metadata/${role}.json`)?.bytes;
        const document = bytes && vendor.document(bytes);
        if (document === undefined) continue;
        const late = worldBegin + beganAt - document.expires;
        if (late < toleranceMs) continue;
        world.broke(5, `got a patch by ${role} ${document.version}, expired ${late} ms before`);
      }
    },
  };
}
