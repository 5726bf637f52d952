import { durationMs, durationUnits, type Instant } from "@causeway/kernel";

// Where a local time comes first on Earth: Kiribati's Line Islands.
const firstOffset = "+14:00";

/**
 * The moment of `2003-08-16T00:00:00+12:00`. Without an offset it is local time everywhere, and the
 * moment is the one at which it comes first.
 * @returns undefined when there is no such time
 */
export function attackTime(text: string): Instant | undefined {
  return momentOf(/(?:Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}${firstOffset}`);
}

/** The moment of `T`, `T-48h`, `T+30m`, or of a time with an offset; undefined for anything else. */
export function stepTime(text: string, attack: Instant): Instant | undefined {
  const [found, sign, span = ""] = /^T(?:([+-])(\w{2,7}))?$/.exec(text) ?? [];
  if (found === undefined) return momentOf(text);
  if (sign === undefined) return attack;
  const ms = durationMs(span);
  if (ms === undefined) return undefined;
  return sign === "-" ? attack - ms : attack + ms;
}

/** How far a moment is from T, as `T-48h`. */
export function shownOffset(at: Instant, attack: Instant): string {
  const ms = Math.abs(at - attack);
  if (ms === 0) return "T";
  const [unit = "s", size = 1000] =
    [...durationUnits].findLast(([, each]) => ms % each === 0) ?? [];
  const hours = unit === "d" ? `${(ms / size) * 24}h` : `${Math.round(ms / size)}${unit}`;
  return `T${at < attack ? "-" : "+"}${hours}`;
}

function momentOf(text: string): Instant | undefined {
  const [, local = "", offset = ""] = /^(.{19})(Z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  // The engine takes 31 February for a day of March.
  const utc = Date.parse(`${local}Z`);
  if (Number.isNaN(utc) || new Date(utc).toISOString().slice(0, 19) !== local) return undefined;
  const moment = Date.parse(`${local}${offset}`);
  return Number.isNaN(moment) ? undefined : moment;
}
