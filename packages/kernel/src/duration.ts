/** Milliseconds of each unit, the shortest first. */
export const durationUnits: ReadonlyMap<string, number> = new Map([
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

/** Milliseconds of `90s`, `30m`, `48h` or `365d`, as people write it; undefined for anything else. */
export function durationMs(text: string): number | undefined {
  const [, digits, unit = ""] = /^([1-9]\d{0,5})([smhd])$/.exec(text) ?? [];
  const ms = durationUnits.get(unit);
  return ms === undefined ? undefined : Number(digits) * ms;
}
