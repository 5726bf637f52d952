const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const day = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)";
const time = "(\\d\\d):(\\d\\d):(\\d\\d)";
const current = new RegExp(`^${day}, (\\d\\d) (\\w{3}) (\\d{4}) ${time} GMT$`);
const rfc850 = new RegExp(`^${day}[a-z]{3,6}, (\\d\\d)-(\\w{3})-(\\d\\d) ${time} GMT$`);
const asctime = new RegExp(`^${day} (\\w{3}) ([\\d ]\\d) ${time} (\\d{4})$`);

/** `Sun, 06 Nov 1994 08:49:37 GMT` */
export function toHttpDate(instant: number): string {
  return new Date(instant).toUTCString();
}

/**
 * Reads the three forms of RFC 9110 section 5.6.7, and nothing else.
 * @returns milliseconds since the Unix epoch, or undefined
 */
export function parseHttpDate(text: string, now: number): number | undefined {
  const today = current.exec(text);
  if (today !== null) return instantOf([today[3], today[2], today[1], ...today.slice(4)]);
  const unix = asctime.exec(text);
  if (unix !== null) return instantOf([unix[6], unix[1], unix[2], ...unix.slice(3, 6)]);
  const old = rfc850.exec(text);
  if (old === null) return undefined;
  // Two digits mean the past when they would lie more than 50 years ahead.
  const year = new Date(now).getUTCFullYear();
  const guess = year - (year % 100) + Number(old[3]);
  const chosen = guess > year + 50 ? guess - 100 : guess;
  return instantOf([String(chosen), old[2], old[1], ...old.slice(4)]);
}

function instantOf(parts: readonly (string | undefined)[]): number | undefined {
  const month = months.indexOf(parts[1] ?? "");
  const [year, , date, hour, minute, second] = parts.map(Number);
  if (month < 0 || year === undefined || date === undefined) return undefined;
  const instant = Date.UTC(year, month, date, hour, minute, second);
  return Number.isNaN(instant) ? undefined : instant;
}
