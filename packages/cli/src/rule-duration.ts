import { durationMs } from "@causeway/kernel";
import { policyLimits } from "@causeway/origin";
import { InvalidArgumentError } from "commander";

/** How long a rule of the shield is open unless told: who watches meanwhile can say it again. */
export const usualOpenMs = 3_600_000;

/**
 * How long a rule of operators is in force: milliseconds, for an option.
 * @throws {InvalidArgumentError}
 */
export function ruleDuration(text: string): number {
  const ms = durationMs(text);
  if (ms !== undefined && ms < policyLimits.untilMsMax) return ms;
  throw new InvalidArgumentError("Write a time as 90m, 24h or 7d, at most a year.");
}
