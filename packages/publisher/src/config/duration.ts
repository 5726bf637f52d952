const units: ReadonlyMap<string, number> = new Map([
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

/** Milliseconds of `90m`, `24h` or `365d`; undefined for anything else. */
export function durationMs(text: string): number | undefined {
  const match = /^([1-9]\d{0,5})([mhd])$/.exec(text);
  const unit = units.get(match?.[2] ?? "");
  return unit === undefined ? undefined : Number(match?.[1]) * unit;
}

/** The length of time in the unit that reads best: `3 days`, `5 hours`. */
export function shownDuration(ms: number): string {
  const [unit, name] = ms >= 172_800_000 ? [86_400_000, "days"] : [3_600_000, "hours"];
  return `${Math.max(0, Math.floor(ms / unit))} ${name}`;
}
