import { InvalidArgumentError } from "commander";

const units: Readonly<Record<string, number>> = { "": 1_000, s: 1_000, m: 60_000, h: 3_600_000 };

/** Reads an option's value as a time between two looks, `60s`, `5m` or `1h`, in milliseconds. */
export function interval(minMs: number, maxMs: number): (text: string) => number {
  return (text) => {
    const [, digits, unit = ""] = /^(\d{1,6})([smh]?)$/.exec(text) ?? [];
    const ms = Number(digits) * (units[unit] ?? Number.NaN);
    if (ms >= minMs && ms <= maxMs) return ms;
    const [min, max] = [minMs / 1000, maxMs / 3_600_000];
    throw new InvalidArgumentError(`Write a time as 60s or 5m, from ${min} s to ${max} h.`);
  };
}
