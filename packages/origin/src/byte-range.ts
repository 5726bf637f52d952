/** What a `Range` header asks of a file: all of it, bytes `start` to `end - 1`, or none. */
export type ByteRange =
  | { readonly kind: "whole" }
  | { readonly kind: "part"; readonly start: number; readonly end: number }
  | { readonly kind: "unsatisfiable" };

const whole: ByteRange = { kind: "whole" };
const unsatisfiable: ByteRange = { kind: "unsatisfiable" };

/**
 * Reads a `Range` header (RFC 9110 section 14.2) for a file of `size` bytes.
 *
 * Several ranges get the whole file, as an invalid or unknown range does: the section lets a
 * server ignore the header. One range per request is all that our clients need, and
 * multipart answers are the classic way to make a server work more than it sends.
 */
export function byteRangeOf(header: string | undefined, size: number): ByteRange {
  if (header === undefined) return whole;
  const [, set] = /^bytes=(.*)$/is.exec(header) ?? [];
  if (set === undefined) return whole;
  // Empty list members count for nothing (section 5.6.1).
  const ranges = set
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  const [, first, last] = /^([0-9]*)-([0-9]*)$/.exec(ranges[0] ?? "") ?? [];
  if (ranges.length !== 1 || first === undefined || last === undefined) return whole;
  return first === "" ? suffix(last, size) : fromTo(first, last, size);
}

function suffix(digits: string, size: number): ByteRange {
  if (digits === "") return whole; // "-" is no range
  const length = Math.min(Number(digits), size);
  if (Number(digits) === 0) return unsatisfiable;
  // An empty file has no last bytes, and no Content-Range could say so.
  return size === 0 ? whole : { kind: "part", start: size - length, end: size };
}

function fromTo(first: string, last: string, size: number): ByteRange {
  const start = Number(first); // digits beyond 2^53 lose precision, far beyond any size
  const end = last === "" ? size : Math.min(Number(last) + 1, size);
  if (last !== "" && Number(last) < start) return whole;
  return start < size ? { kind: "part", start, end } : unsatisfiable;
}
