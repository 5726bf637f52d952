/** Is told of each character that had to be looked at again. It may throw to put an end to it. */
export interface Effort {
  take(steps: number): void;
}

/** Tells whether a path is one that a PATHPATTERN describes. */
export type PathMatcher = (path: string, effort?: Effort) => boolean;

/** Any run of characters, or one character of a kind. */
type Piece = "star" | ((character: string) => boolean);

interface Segment {
  readonly pieces: readonly Piece[];
  /** A dot at the start must be written as one; no wildcard stands for it. */
  readonly beginsWithDot: boolean;
}

/**
 * Compiles a PATHPATTERN as glob(7) reads it (TUF 1.0.34 section 4.5): `*`, `?` and `[…]` match
 * within one segment, never `/`, and never a dot that a segment begins with; `\` takes the
 * meaning from the next character. What glob(7) leaves undefined (`[^…]`, named classes, a
 * trailing `\`) matches nothing, so that no role gets more than was surely written.
 * Matching takes at most pattern length times path length steps.
 */
export function compilePattern(pattern: string): PathMatcher {
  const segments = pattern.split("/").map(compileSegment);
  return (path, effort) => {
    const parts = path.split("/");
    if (parts.length !== segments.length) return false;
    return parts.every((part, index) => {
      const segment = segments[index];
      return segment !== undefined && isMatch(segment, part, effort);
    });
  };
}

/** False when no path that begins like this one can match: what most patterns cost is this look. */
export function mayMatch(pattern: string, path: string): boolean {
  const special = pattern.search(/[*?[\\]/);
  return special < 0 ? pattern === path : path.startsWith(pattern.slice(0, special));
}

/** @returns undefined for a pattern that glob(7) leaves undefined */
function compileSegment(text: string): Segment | undefined {
  const characters = Array.from(text);
  const lastClose = characters.lastIndexOf("]");
  const pieces: Piece[] = [];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? "";
    if (character === "*") {
      if (pieces.at(-1) !== "star") pieces.push("star");
    } else if (character === "?") {
      pieces.push(() => true);
    } else if (character === "\\") {
      at++;
      const next = characters[at];
      if (next === undefined) return undefined;
      pieces.push(literal(next));
    } else if (character === "[" && lastClose > at) {
      const end = bracketEnd(characters, at);
      const bracket = end === -1 ? literal("[") : compileBracket(characters.slice(at + 1, end));
      if (bracket === undefined) return undefined;
      pieces.push(bracket);
      if (end !== -1) at = end;
    } else {
      pieces.push(literal(character)); // also a bracket that nothing closes
    }
  }
  return { pieces, beginsWithDot: /^\\?\./.test(text) };
}

function literal(wanted: string): Piece {
  return (character) => character === wanted;
}

/** Where the bracket that opens at `start` closes: a `]` that comes first stands for itself. */
function bracketEnd(characters: readonly string[], start: number): number {
  const first = characters[start + 1] === "!" ? start + 2 : start + 1;
  return characters.indexOf("]", first + 1);
}

/** @returns undefined for what glob(7) leaves undefined */
function compileBracket(content: readonly string[]): Piece | undefined {
  const isNegated = content[0] === "!";
  const members = isNegated ? content.slice(1) : content;
  if (content[0] === "^" || /\[[:.=]/.test(members.join(""))) return undefined;
  const singles = new Set<string>();
  const ranges: (readonly [number, number])[] = [];
  for (let at = 0; at < members.length; at++) {
    const from = members[at] ?? "";
    const to = members[at + 2];
    if (members[at + 1] === "-" && to !== undefined) {
      const range = [codePoint(from), codePoint(to)] as const;
      if (range[0] > range[1]) return undefined;
      ranges.push(range);
      at += 2;
    } else {
      singles.add(from);
    }
  }
  return (character) => {
    const point = codePoint(character);
    const isMember =
      singles.has(character) || ranges.some(([from, to]) => from <= point && point <= to);
    return isMember !== isNegated;
  };
}

function codePoint(character: string): number {
  return character.codePointAt(0) ?? 0;
}

/** Goes back to the last star only: an earlier one could not do better. */
function isMatch({ pieces, beginsWithDot }: Segment, text: string, effort?: Effort): boolean {
  if (text.startsWith(".") && !beginsWithDot) return false;
  const characters = Array.from(text);
  let piece = 0;
  let at = 0;
  let starPiece = -1;
  let starAt = 0;
  while (at < characters.length) {
    const current = pieces[piece];
    if (current === "star") {
      starPiece = piece++;
      starAt = at;
    } else if (current?.(characters[at] ?? "") === true) {
      piece++;
      at++;
    } else if (starPiece >= 0) {
      effort?.take(at - starAt);
      piece = starPiece + 1;
      at = ++starAt;
    } else {
      return false;
    }
  }
  return pieces.slice(piece).every((rest) => rest === "star");
}
