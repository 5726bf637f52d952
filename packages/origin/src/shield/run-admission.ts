import { getRandomValues } from "node:crypto";
import type { OriginLimits } from "../limits.ts";
import { Admission, type AdmissionPorts } from "./admission.ts";
import { LoopDelay } from "./loop-delay.ts";
import type { Rulebook } from "./rulebook.ts";
import { Shares, type SharesPlace } from "./shares.ts";

/**
 * An admission on the clock, chance and event loop of this process, until `stop`.
 */
export function runAdmission(
  limits: OriginLimits,
  place: SharesPlace,
  refuse: AdmissionPorts["refuse"],
  rules: Rulebook,
): { readonly admission: Admission; readonly stop: () => void } {
  const now = (): number => performance.now();
  const shares = new Shares(limits, place, (into) => getRandomValues(into), rules);
  const ports = { now, random: Math.random, afterTurn: setImmediate, refuse };
  const admission = new Admission(limits, shares, ports, rules);
  const { admissionTickMs } = limits;
  const delay = new LoopDelay(admissionTickMs, { now, cpuMs });
  const ticking = setInterval(() => admission.tick(delay.measure()), admissionTickMs).unref();
  return { admission, stop: () => clearInterval(ticking) };
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
