import { compareCodePoints } from "@causeway/kernel";

export type Bencodable =
  | number
  | string
  | Uint8Array
  | readonly Bencodable[]
  | { readonly [key: string]: Bencodable };

/** As BEP 3 encodes it: integers, byte strings (text as UTF-8), lists, dictionaries in order. */
export function bencode(value: Bencodable): Uint8Array {
  if (typeof value === "number") return Buffer.from(`i${value}e`);
  if (typeof value === "string") return bencode(Buffer.from(value));
  if (value instanceof Uint8Array) return Buffer.concat([Buffer.from(`${value.length}:`), value]);
  if (isList(value)) return enclosed("l", value.map(bencode));
  const names = Object.keys(value).toSorted(compareCodePoints);
  return enclosed(
    "d",
    names.flatMap((name) => [bencode(name), bencode(value[name] ?? "")]),
  );
}

function isList(value: object): value is readonly Bencodable[] {
  return Array.isArray(value);
}

function enclosed(start: "l" | "d", parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([Buffer.from(start), ...parts, Buffer.from("e")]);
}
