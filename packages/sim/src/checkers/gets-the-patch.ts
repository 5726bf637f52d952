import type { Run } from "../customer.ts";
import { getMsMax } from "../liveness.ts";
import type { Swarm } from "../swarm.ts";
import type { Checker } from "./checker.ts";
import type { Scene } from "./scene.ts";

const busySlack = 2; // refusals, rests, and waits after them

/**
 * Law 2, where one route is honest from the beginning: each run ends in time with what was the
 * newest patch when it began, whatever the other routes do. Only a full disk excuses it, and
 * new keys that come out between two answers of the honest route: the next run has them. While the
 * honest route is overloaded, of two runs one has it.
 */
export function getsThePatch({ world, vendor, hosts }: Scene, swarm: Swarm): Checker {
  if (!swarm.steadfast) return {};
  let misses = 0; // in a row
  const isBusy = (): boolean => hosts[swarm.honest]?.behaviour.busy === true;
  const missed = (text: string): void => {
    misses++;
    if (!isBusy() || misses > 1) world.broke(2, text);
  };
  const newestAt = new Map<Run, { readonly patch: number; readonly root: number }>();
  return {
    began(run) {
      newestAt.clear();
      newestAt.set(run, { patch: vendor.newestPatch, root: vendor.newest.versions.root });
      const msMax = getMsMax(swarm, vendor) * (isBusy() ? busySlack : 1);
      world.after(msMax, () => {
        if (run.outcome !== undefined || run.life.dead) return;
        world.broke(2, `run ${run.number} is not done within ${Math.round(msMax)} ms`);
      });
    },
    ended(run) {
      const { outcome } = run;
      const before = newestAt.get(run);
      if (outcome === undefined || before === undefined) return;
      if ("got" in outcome) {
        const number = vendor.patches.findIndex(({ version }) => version === outcome.got.version);
        if (number < before.patch)
          missed(`run ${run.number} got ${outcome.got.version}, which is not the newest`);
        else misses = 0;
      } else if (
        outcome.error.code !== "HOST_FULL" &&
        before.root === vendor.newest.versions.root
      ) {
        missed(`run ${run.number} failed beside an honest route: ${outcome.error.code}`);
      }
    },
  };
}
