import { durationMs } from "@causeway/kernel";
import { InvalidArgumentError } from "commander";

/** Reads an option's value as a time between two looks, `60s`, `5m`, `1h` or `60`, in milliseconds. */
export function interval(minMs: number, maxMs: number): (text: string) => number {
  return (text) => {
    const ms = durationMs(/\d$/.test(text) ? `${text}s` : text) ?? Number.NaN;
    if (ms >= minMs && ms <= maxMs) return ms;
    const [min, max] = [minMs / 1000, maxMs / 3_600_000];
    throw new InvalidArgumentError(`Write a time as 60s or 5m, from ${min} s to ${max} h.`);
  };
}
