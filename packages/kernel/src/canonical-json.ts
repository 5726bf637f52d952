import { invariant } from "./invariant.ts";

/** What can be written: a parsed value, or a literal of our own. `undefined` members are left out. */
export type JsonInput =
  | string
  | number
  | boolean
  | null
  | readonly JsonInput[]
  | ReadonlyMap<string, JsonInput>
  | { readonly [name: string]: JsonInput | undefined };

/**
 * The canonical form that TUF signs (OLPC Canonical JSON; TUF 1.0.34 section 4.2.1): no white
 * space, names in code point order, only `"` and `\` escaped, integers only.
 * @throws {InvariantBroken} on a number that is no safe integer, or a lone surrogate
 */
export function canonicalJson(value: JsonInput): Uint8Array {
  const parts: string[] = [];
  write(value, parts);
  const text = parts.join("");
  invariant(text.isWellFormed(), "canonical JSON has no lone surrogates");
  return new TextEncoder().encode(text);
}

function write(value: JsonInput, parts: string[]): void {
  if (value === null) parts.push("null");
  else if (typeof value === "string") parts.push(quote(value));
  else if (typeof value === "boolean") parts.push(value ? "true" : "false");
  else if (typeof value === "number") {
    invariant(Number.isSafeInteger(value), "canonical JSON has only safe integers");
    parts.push(String(value));
  } else if (Array.isArray(value)) writeArray(value, parts);
  else writeObject(membersOf(value as Exclude<typeof value, readonly JsonInput[]>), parts);
}

function writeArray(items: readonly JsonInput[], parts: string[]): void {
  parts.push("[");
  items.forEach((item, index) => {
    if (index > 0) parts.push(",");
    write(item, parts);
  });
  parts.push("]");
}

function membersOf(
  value: ReadonlyMap<string, JsonInput> | { readonly [name: string]: JsonInput | undefined },
): [string, JsonInput][] {
  if (value instanceof Map) return [...value];
  return Object.entries(value).filter((entry): entry is [string, JsonInput] => {
    return entry[1] !== undefined;
  });
}

function writeObject(members: [string, JsonInput][], parts: string[]): void {
  members.sort(([a], [b]) => compareCodePoints(a, b));
  parts.push("{");
  members.forEach(([name, value], index) => {
    parts.push(index > 0 ? "," : "", quote(name), ":");
    write(value, parts);
  });
  parts.push("}");
}

function quote(text: string): string {
  return /["\\]/.test(text) ? `"${text.replace(/["\\]/g, "\\$&")}"` : `"${text}"`;
}

/** Orders by code point; `<` orders by UTF-16 unit, which differs above U+FFFF. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left === right) continue;
    const leftHigh = left >= 0xd800 && left <= 0xdfff;
    const rightHigh = right >= 0xd800 && right <= 0xdfff;
    if (leftHigh !== rightHigh) return leftHigh ? 1 : -1;
    return left - right;
  }
  return a.length - b.length;
}
