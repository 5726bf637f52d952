import type { Swarm } from "../swarm.ts";
import { asksWhomItMay } from "./asks-whom-it-may.ts";
import { boundedMemory } from "./bounded-memory.ts";
import type { Checker } from "./checker.ts";
import { getsThePatch } from "./gets-the-patch.ts";
import { keepsNewestList } from "./keeps-newest-list.ts";
import { keepsTicketsApart } from "./keeps-tickets-apart.ts";
import { keepsWhatItHas } from "./keeps-what-it-has.ts";
import { leavesDeadAlone } from "./leaves-dead-alone.ts";
import { neverAsksRetired } from "./never-asks-retired.ts";
import { neverRollsBack } from "./never-rolls-back.ts";
import { oldOrNew } from "./old-or-new.ts";
import { opensOnlyVerified } from "./opens-only-verified.ts";
import { refusesStale } from "./refuses-stale.ts";
import type { Scene } from "./scene.ts";

/** Everybody who watches a drill. */
export function checkersOf(scene: Scene, swarm: Swarm): readonly Checker[] {
  return [
    opensOnlyVerified(scene),
    neverRollsBack(scene),
    oldOrNew(scene),
    keepsWhatItHas(scene),
    getsThePatch(scene, swarm),
    refusesStale(scene),
    leavesDeadAlone(scene),
    boundedMemory(scene),
    keepsTicketsApart(scene),
    neverAsksRetired(scene),
    asksWhomItMay(scene, swarm),
    keepsNewestList(scene),
  ];
}
