import { asSentence, UsageError } from "@causeway/kernel";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import type { Document, Node } from "yaml";
import { isMap, isPair, isScalar, LineCounter, parseDocument } from "yaml";
import { nearest } from "../nearest.ts";

/** Where something stands in a document: keys, and places in lists from 0. */
export type YamlPath = readonly (string | number)[];

/** A document that keeps to its schema, and where each part of it stands. */
export interface CheckedYaml<Value> {
  readonly value: Value;
  /** What is wrong with the part at `path`, as an error that names its line and column. */
  error(path: YamlPath, what: string): UsageError;
}

// Aliases are not needed here; a few do no harm, a bomb of them does.
const aliasesMax = 50;

/** Reads YAML 1.2 that keeps to a JSON Schema (draft 7). */
export class YamlReader<Value> {
  readonly #schemaText: () => string;
  #compiled: ValidateFunction<Value> | undefined;

  /** @param schemaText is asked for once, when it is first needed */
  constructor(schemaText: () => string) {
    this.#schemaText = schemaText;
  }

  /**
   * @param path names the document in errors
   * @throws {UsageError} `CONFIG_MALFORMED`, naming line and column
   */
  read(text: string, path: string): CheckedYaml<Value> {
    this.#compiled ??= new Ajv({ verbose: true }).compile<Value>(JSON.parse(this.#schemaText()));
    return checked(text, path, this.#compiled);
  }
}

function checked<Value>(
  text: string,
  path: string,
  validate: ValidateFunction<Value>,
): CheckedYaml<Value> {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    stringKeys: true,
    version: "1.2",
  });
  const fail = (offset: number, what: string, cause?: unknown): UsageError => {
    const { line, col } = lines.linePos(offset);
    const where = `${path}:${Math.max(1, line)}:${Math.max(1, col)}`;
    return new UsageError("CONFIG_MALFORMED", `${where}: ${asSentence(what)}`, { cause });
  };
  const broken = document.errors[0] ?? document.warnings[0];
  if (broken !== undefined) throw fail(broken.pos[0], firstLine(broken.message), broken);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: aliasesMax });
  } catch (cause) {
    throw fail(0, "it has too many aliases", cause);
  }
  if (!validate(value)) {
    const error = validate.errors?.[0];
    throw fail(error ? offsetOf(document, error) : 0, error ? whatIsWrong(error) : "is wrong");
  }
  return {
    value,
    error: (at, what) => fail(startOf(nodeAt(document, at)), what),
  };
}

function firstLine(message: string): string {
  return message.split("\n")[0] ?? message;
}

/** What stands there, or the nearest thing around it where nothing does. */
function nodeAt(document: Document, path: YamlPath): unknown {
  for (let length = path.length; length > 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (node !== undefined) return node;
  }
  return document.contents;
}

function startOf(node: unknown): number {
  const { range } = (node ?? {}) as Partial<Node>;
  return range?.[0] ?? 0;
}

/** Where in the text the error is: an unknown key itself, or the value. */
function offsetOf(document: Document, error: ErrorObject): number {
  const path = pathOf(error);
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  const unknown = unknownKey(error);
  if (unknown !== undefined && isMap(node)) {
    const pair = node.items.find((item) => {
      return isPair(item) && isScalar(item.key) && item.key.value === unknown;
    });
    if (pair !== undefined) return startOf(pair.key);
  }
  return startOf(node);
}

function pathOf(error: ErrorObject): YamlPath {
  const parts = error.instancePath.split("/").slice(1);
  return parts.map((part) => {
    const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
    return /^\d+$/.test(name) ? Number(name) : name;
  });
}

function unknownKey(error: ErrorObject): string | undefined {
  const { additionalProperty } = error.params as { readonly additionalProperty?: unknown };
  return typeof additionalProperty === "string" ? additionalProperty : undefined;
}

function whatIsWrong(error: ErrorObject): string {
  const unknown = unknownKey(error);
  const known = Object.keys((error.parentSchema?.["properties"] ?? {}) as object);
  if (unknown !== undefined) {
    const near = nearest(unknown, known);
    const hint = near === undefined ? `; known are ${known.join(", ")}` : `; did you mean ${near}?`;
    return `${JSON.stringify(unknown.slice(0, 80))} is not known here${hint}`;
  }
  const path = pathOf(error);
  const what = path.length === 0 ? "it" : path.join(".");
  const { allowedValues } = error.params as { readonly allowedValues?: unknown };
  if (Array.isArray(allowedValues)) return `${what} must be one of ${allowedValues.join(", ")}`;
  if (path.length === 0 && error.keyword === "type") return "write keys here, as name: Contoso";
  if (error.keyword === "pattern") return `${what} is wrong; ${patternText(error)}`;
  return `${what} ${error.message ?? "is wrong"}`;
}

/** A pattern in words where the schema has them. */
function patternText({ parentSchema, message }: ErrorObject): string {
  const words: unknown = parentSchema?.["$comment"];
  return typeof words === "string" ? words : `it ${message ?? ""}`;
}
