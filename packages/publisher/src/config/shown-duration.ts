/** The length of time in the unit that reads best: `3 days`, `5 hours`. */
export function shownDuration(ms: number): string {
  const [unit, name] = ms >= 172_800_000 ? [86_400_000, "days"] : [3_600_000, "hours"];
  return `${Math.max(0, Math.floor(ms / unit))} ${name}`;
}
