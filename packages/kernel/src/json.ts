import { TrustError } from "./errors.ts";

/** A JSON value whose objects are maps, so that no name from outside meets a prototype. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export type JsonObject = ReadonlyMap<string, Json>;

const depthMax = 64; // an honest document is less than ten deep
const shownMax = 80; // of a name in an error
// Each may take 200 bytes, so that without this bound 32 MiB of `[0],` take 3 GiB. An honest
// document has one value in 20 bytes: the longest that is allowed has fewer.
const valuesMax = 2 * 1024 * 1024;
// Objects and arrays are what takes memory. A target in a document has two, and 130 bytes at the
// least; a role in a snapshot has one, and 24.
const containersMax = 512 * 1024;
const emptyObject: JsonObject = new Map();
const emptyArray: readonly Json[] = [];
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads one JSON document (RFC 8259) strictly, in linear time: UTF-8, no duplicate names, only
 * integers within ±(2^53-1), no lone surrogates, at most 64 levels deep, 2^21 values, and of these
 * 2^19 objects and arrays that hold something.
 * @param subject names the document in errors
 * @throws {TrustError} `TRUST_MALFORMED`
 */
export function parseJson(bytes: Uint8Array, subject: string): Json {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (cause) {
    throw new TrustError("TRUST_MALFORMED", subject, "is not UTF-8", { cause });
  }
  return new JsonParser(text, subject).document();
}

class JsonParser {
  readonly #text: string;
  readonly #subject: string;
  #at = 0;
  #values = 0;
  #containers = 0;

  constructor(text: string, subject: string) {
    this.#text = text;
    this.#subject = subject;
  }

  document(): Json {
    const value = this.#value(0);
    this.#space();
    if (this.#at !== this.#text.length) this.#fail("has bytes after its end");
    return value;
  }

  #fail(what: string): never {
    const where = ` (at character ${this.#at})`;
    throw new TrustError("TRUST_MALFORMED", this.#subject, `${what}${where}`);
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at++;
    }
  }

  #value(depth: number): Json {
    if (depth > depthMax) this.#fail("is nested too deeply");
    if (++this.#values > valuesMax) this.#fail("has too many values");
    this.#space();
    switch (this.#text[this.#at]) {
      case "{":
        return this.#object(depth);
      case "[":
        return this.#array(depth);
      case '"':
        return this.#string();
      case "t":
        return this.#word("true", true);
      case "f":
        return this.#word("false", false);
      case "n":
        return this.#word("null", null);
      default:
        return this.#integer();
    }
  }

  #object(depth: number): JsonObject {
    this.#at++;
    this.#space();
    if (this.#take("}")) return emptyObject;
    this.#countContainer();
    const members = new Map<string, Json>();
    for (;;) {
      this.#space();
      if (this.#text[this.#at] !== '"') this.#fail("has a member without a name");
      const name = this.#string();
      if (members.has(name)) {
        this.#fail(`has the name ${JSON.stringify(name.slice(0, shownMax))} twice`);
      }
      this.#space();
      if (!this.#take(":")) this.#fail("has a name without a colon");
      members.set(name, this.#value(depth + 1));
      this.#space();
      if (this.#take("}")) return members;
      if (!this.#take(",")) this.#fail("has an object that does not end");
    }
  }

  #array(depth: number): readonly Json[] {
    this.#at++;
    this.#space();
    if (this.#take("]")) return emptyArray;
    this.#countContainer();
    const items: Json[] = [];
    for (;;) {
      items.push(this.#value(depth + 1));
      this.#space();
      if (this.#take("]")) return items;
      if (!this.#take(",")) this.#fail("has an array that does not end");
    }
  }

  /** Once for each object or array that is not empty. */
  #countContainer(): void {
    if (++this.#containers > containersMax) this.#fail("has too many objects and arrays");
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #string(): string {
    const start = this.#at + 1;
    let escaped = false;
    for (let at = start; at < this.#text.length; at++) {
      const code = this.#text.charCodeAt(at);
      if (code === 0x22) {
        this.#at = at + 1;
        const raw = this.#text.slice(start, at);
        return escaped ? this.#unescape(raw) : raw;
      }
      if (code === 0x5c) {
        escaped = true;
        at++;
      } else if (code < 0x20) {
        this.#fail("has a control character in a string");
      }
    }
    return this.#fail("has a string that does not end");
  }

  #unescape(raw: string): string {
    let value: unknown;
    try {
      value = JSON.parse(`"${raw}"`);
    } catch {
      this.#fail("has a wrong escape in a string");
    }
    if (typeof value !== "string" || !value.isWellFormed()) this.#fail("has a lone surrogate");
    return value;
  }

  #word<Value>(word: string, value: Value): Value {
    if (!this.#text.startsWith(word, this.#at)) this.#fail("has an unknown word");
    this.#at += word.length;
    return value;
  }

  #integer(): number {
    const pattern = /-?(?:0|[1-9][0-9]*)/y;
    pattern.lastIndex = this.#at;
    const digits = pattern.exec(this.#text)?.[0];
    if (digits === undefined) this.#fail("is not JSON");
    const next = this.#text[this.#at + digits.length];
    if (next === "." || next === "e" || next === "E") this.#fail("has a number with a fraction");
    const value = Number(digits);
    if (!Number.isSafeInteger(value)) this.#fail("has a number beyond 2^53-1");
    if (Object.is(value, -0)) this.#fail("has a negative zero");
    this.#at += digits.length;
    return value;
  }
}
