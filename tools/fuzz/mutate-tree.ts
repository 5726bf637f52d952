import type { Dice } from "../../packages/sim/src/dice.ts";
import { bytesOf, textOf } from "./reader.ts";

type Tree = unknown[] | Record<string, unknown>;

const junk: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1,
  2 ** 53 - 1,
  2 ** 53,
  1.5,
  "",
  "\ud800",
  "\0",
  "../..",
  "x".repeat(2_000),
  "0".repeat(64),
  "2030-02-30T00:00:00Z",
  "9999-12-31T23:59:59Z",
  [],
  {},
  ["x", "x"],
];
const names = ["__proto__", "constructor", "", "hashes", "delegations", "keys"];

/**
 * Changes one place of a JSON document: takes it out, puts junk or another place's value in,
 * repeats it, nests it deeply, or names it twice.
 * @returns undefined when the bytes are no JSON, or nothing in them can be changed
 */
export function mutateTree(bytes: Uint8Array, dice: Dice): Uint8Array | undefined {
  let tree: unknown;
  try {
    tree = JSON.parse(textOf(bytes));
  } catch {
    return undefined;
  }
  const places = placesOf(tree);
  if (places.length === 0) return undefined;
  const { holder, name } = dice.pick(places);
  const other = dice.pick(places);
  const act = dice.below(8);
  if (act === 7) return namedTwice(tree, dice);
  if (act === 0) drop(holder, name);
  else
    put(
      holder,
      act === 6 ? dice.pick(names) : name,
      changed(at(holder, name), at(other.holder, other.name), act, dice),
    );
  return bytesOf(JSON.stringify(tree));
}

interface Place {
  readonly holder: Tree;
  readonly name: string;
}

function placesOf(tree: unknown): readonly Place[] {
  const places: Place[] = [];
  const ahead: unknown[] = [tree];
  for (let next = ahead.pop(); next !== undefined && places.length < 10_000; next = ahead.pop()) {
    if (typeof next !== "object" || next === null) continue;
    const holder = next as Tree;
    for (const [name, value] of Object.entries(holder)) {
      places.push({ holder, name });
      if (typeof value === "object" && value !== null) ahead.push(value);
    }
  }
  return places;
}

function changed(value: unknown, other: unknown, act: number, dice: Dice): unknown {
  if (act === 1) return structuredClone(other);
  if (act === 2 && typeof value === "number") return value + dice.pick([1, -1, 2 ** 31, 2 ** 52]);
  if (act === 3 && typeof value === "string") return spoiled(value, dice);
  if (act === 4)
    return Array.from({ length: 1 + dice.below(70) }).reduce((inner) => [inner], value);
  if (act === 5 && Array.isArray(value))
    return [...value, ...structuredClone(value), structuredClone(other)];
  return dice.pick(junk);
}

function spoiled(text: string, dice: Dice): string {
  const where = dice.below(text.length + 1);
  const piece = dice.pick(["0", "a", "-", ".", "/", "%", "\n", "é", "*", text]);
  return `${text.slice(0, where)}${piece}${text.slice(where + dice.below(3))}`;
}

function at(holder: Tree, name: string): unknown {
  return (holder as Record<string, unknown>)[name];
}

function put(holder: Tree, name: string, value: unknown): void {
  Object.defineProperty(holder, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

function drop(holder: Tree, name: string): void {
  if (Array.isArray(holder)) holder.splice(Number(name), 1);
  else delete holder[name];
}

/** Only text can say a name twice. */
function namedTwice(tree: unknown, dice: Dice): Uint8Array {
  const text = JSON.stringify(tree);
  const members = [...text.matchAll(/"[^"\\]*":(?:"[^"\\]*"|\d+)/g)];
  if (members.length === 0) return bytesOf(`${text}${text}`);
  const member = dice.pick(members);
  return bytesOf(`${text.slice(0, member.index)}${member[0]},${text.slice(member.index)}`);
}
