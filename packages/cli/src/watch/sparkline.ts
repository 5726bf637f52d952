const levels = "▁▂▃▄▅▆▇█";

/** One character for each value, as high as it is beside the highest; none for what is unknown. */
export function sparkline(values: readonly (number | undefined)[]): string {
  const known = values.filter((value) => value !== undefined && Number.isFinite(value));
  const highest = Math.max(0, ...(known as readonly number[]));
  return values.map((value) => (value === undefined ? " " : levelOf(value, highest))).join("");
}

/** What is not nothing is seen to be something. */
function levelOf(value: number, highest: number): string {
  const top = levels.length - 1;
  if (value <= 0) return levels[0] ?? "";
  const height = Number.isFinite(value) ? Math.round((value / highest) * top) : top;
  return levels[Math.max(1, height)] ?? "";
}
