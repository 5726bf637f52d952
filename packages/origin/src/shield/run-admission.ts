import type { OriginLimits } from "../limits.ts";
import { Admission, type AdmissionPorts } from "./admission.ts";
import { LoopDelay } from "./loop-delay.ts";

/** An admission on the clock, chance and event loop of this process, until `stop`. */
export function runAdmission(
  limits: OriginLimits,
  refuse: AdmissionPorts["refuse"],
): { readonly admission: Admission; readonly stop: () => void } {
  const now = (): number => performance.now();
  const admission = new Admission(limits, {
    now,
    random: Math.random,
    afterTurn: setImmediate,
    refuse,
  });
  const { admissionTickMs } = limits;
  const delay = new LoopDelay(admissionTickMs, { now, cpuMs });
  const ticking = setInterval(() => admission.tick(delay.measure()), admissionTickMs).unref();
  return { admission, stop: () => clearInterval(ticking) };
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
