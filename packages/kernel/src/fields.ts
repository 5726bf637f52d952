import { TrustError } from "./errors.ts";
import type { Json, JsonObject } from "./json.ts";
import { isSha256, isTargetPath, type Sha256, type TargetPath } from "./names.ts";

/**
 * Reads typed members out of a parsed JSON object. Unknown members are left alone.
 * Every method throws `TRUST_MALFORMED`, naming the document and the member.
 */
export class Fields {
  readonly #members: JsonObject;
  readonly #subject: string;

  constructor(value: Json | undefined, subject: string) {
    if (!(value instanceof Map)) throw malformed(subject, "is not an object");
    this.#members = value as JsonObject;
    this.#subject = subject;
  }

  has(name: string): boolean {
    return this.#members.has(name);
  }

  /** Any value, or undefined. */
  get(name: string): Json | undefined {
    return this.#members.get(name);
  }

  string(name: string, lengthMax = 1024): string {
    const value = this.#members.get(name);
    if (typeof value !== "string") throw malformed(this.#subject, `"${name}" is not a string`);
    if (value.length > lengthMax) throw malformed(this.#subject, `"${name}" is too long`);
    return value;
  }

  /** A string that `is` accepts. */
  matching<Kind extends string>(name: string, is: (text: string) => text is Kind): Kind {
    const value = this.string(name);
    if (!is(value)) throw malformed(this.#subject, `"${name}" has a wrong form`);
    return value;
  }

  integer(name: string, min: number, max: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.#members.get(name);
    if (typeof value !== "number") throw malformed(this.#subject, `"${name}" is not a number`);
    if (value < min || value > max) throw malformed(this.#subject, `"${name}" is out of range`);
    return value;
  }

  boolean(name: string): boolean {
    const value = this.#members.get(name);
    if (typeof value !== "boolean") throw malformed(this.#subject, `"${name}" is not a boolean`);
    return value;
  }

  array(name: string, lengthMax: number): readonly Json[] {
    const value = this.#members.get(name);
    if (!Array.isArray(value)) throw malformed(this.#subject, `"${name}" is not an array`);
    if (value.length > lengthMax) throw malformed(this.#subject, `"${name}" has too many items`);
    return value;
  }

  strings(name: string, lengthMax: number): readonly string[] {
    return this.array(name, lengthMax).map((item) => {
      if (typeof item === "string") return item;
      throw malformed(this.#subject, `"${name}" has an item that is not a string`);
    });
  }

  object(name: string): Fields {
    return new Fields(this.#members.get(name), `${this.#subject}: "${name}"`);
  }

  /** The members of an object whose names are data. */
  members(name: string, countMax: number): JsonObject {
    const value = this.#members.get(name);
    if (!(value instanceof Map)) throw malformed(this.#subject, `"${name}" is not an object`);
    if (value.size > countMax) throw malformed(this.#subject, `"${name}" has too many members`);
    return value as JsonObject;
  }

  objects(name: string, lengthMax: number): readonly Fields[] {
    return this.array(name, lengthMax).map((item, index) => {
      return new Fields(item, `${this.#subject}: "${name}"[${index}]`);
    });
  }

  /** Names and values of all members. */
  entries(): Iterable<[string, Json]> {
    return this.#members.entries();
  }

  sha256(name: string): Sha256 {
    return this.matching(name, isSha256);
  }

  targetPath(name: string): TargetPath {
    return this.matching(name, isTargetPath);
  }
}

export function malformed(subject: string, what: string): TrustError {
  return new TrustError("TRUST_MALFORMED", subject, what);
}
