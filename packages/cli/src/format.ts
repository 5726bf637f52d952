const units = ["B", "kB", "MB", "GB", "TB"] as const;

/** Bytes for people, in powers of 1000: `5.9 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** Seconds for people: `0.4 s`, `12 s`, `3 min 5 s`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** A long time for people: `5 min`, `3 hours`, `40 days`, `20 years`. */
export function formatSpan(seconds: number): string {
  const spans = [
    [365.25 * 86_400, "years"],
    [86_400, "days"],
    [3_600, "hours"],
    [60, "min"],
  ] as const;
  const [length, name] = spans.find(([span]) => seconds >= 2 * span) ?? [1, "s"];
  return `${Math.round(seconds / length)} ${name}`;
}

/** `1 patch is public`, `2 patches are public`. */
export function formatCount(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** A bar of `width` characters, `share` (0 to 1) of it filled. */
export function formatBar(share: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return "█".repeat(filled) + "░".repeat(width - filled);
}

const barColumns = { most: 28, least: 8 } as const;

/** How wide a bar can be that has `columns` less `others` to itself. */
export function barWidth(columns: number, others: number): number {
  return Math.min(barColumns.most, Math.max(barColumns.least, columns - others));
}

/** `name ███░░░ counts` on one line: the bar shrinks where it is narrow, and goes where it must. */
export function formatProgress(
  name: string,
  share: number,
  counts: string,
  columns: number,
): string {
  for (const padded of [name, name.trimEnd()]) {
    const others = padded.length + counts.length + 2;
    if (columns - others < barColumns.least) continue;
    return `${padded} ${formatBar(share, barWidth(columns, others))} ${counts}`;
  }
  return `${name.trimEnd()} ${counts}`;
}

const colour = new RegExp(`(${String.fromCharCode(27)}\\[[\\d;]*m)`); // ESC [ 32 m

/** Cuts what a row of `columns` cannot hold; colours are kept, and end where they did. */
export function cutLine(line: string, columns: number): string {
  const pieces = line.split(colour); // every second one is a colour
  const length = pieces.reduce((sum, piece, at) => sum + (at % 2 === 0 ? piece.length : 0), 0);
  if (length <= columns) return line;
  let left = columns - 1; // the last column is for the mark
  let isCut = false;
  let text = "";
  for (const [at, piece] of pieces.entries()) {
    if (at % 2 === 1) text += piece;
    else if (!isCut) {
      isCut = piece.length > left;
      text += isCut ? `${piece.slice(0, left)}…` : piece;
      left -= piece.length;
    }
  }
  return text;
}
