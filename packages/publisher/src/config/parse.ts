import { asSentence, type RouteState, UsageError } from "@causeway/kernel";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import type { Document, Node } from "yaml";
import { isMap, isPair, isScalar, LineCounter, parseDocument } from "yaml";
import { schemaText } from "../config-schema.ts";
import type { RoleName } from "../keys/key-file.ts";
import { nearest } from "../nearest.ts";
import type { CarrierValue } from "./carrier-config.ts";

/** causeway.yaml as its schema lets it be. */
export interface ConfigValue {
  readonly name: string;
  readonly products?: readonly { readonly id: string; readonly name?: string }[];
  readonly routes?: readonly {
    readonly id: string;
    readonly url: string | readonly string[];
    readonly kind?: string;
    readonly region?: string;
    readonly priority?: number;
    readonly weight?: number;
    readonly capacity?: number;
    readonly state?: RouteState;
    readonly private?: boolean;
    readonly sealed?: number;
  }[];
  readonly poll?: string;
  readonly carriers?: readonly CarrierValue[];
  readonly security?: {
    readonly contact?: readonly string[];
    readonly expires?: string;
    readonly policy?: string;
    readonly languages?: string;
    readonly namespace?: string;
  };
  readonly expiry?: Readonly<Partial<Record<RoleName, string>>>;
}

export type ConfigPath = readonly (string | number)[];

/** A configuration that keeps to the schema, and where each part of it stands. */
export interface ConfigFile {
  readonly value: ConfigValue;
  /** What is wrong with the part at `path`, as an error that names its line and column. */
  error(path: ConfigPath, what: string): UsageError;
}

// Aliases are not needed here; a few do no harm, a bomb of them does.
const aliasesMax = 50;

let compiled: ValidateFunction<ConfigValue> | undefined;

function validator(): ValidateFunction<ConfigValue> {
  compiled ??= new Ajv({ verbose: true }).compile<ConfigValue>(JSON.parse(schemaText()));
  return compiled;
}

/** @throws {UsageError} `CONFIG_MALFORMED`, naming line and column */
export function parseConfig(text: string, path: string): ConfigFile {
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
  const validate = validator();
  if (!validate(value)) {
    const error = validate.errors?.[0];
    throw fail(error ? offsetOf(document, error) : 0, error ? whatIsWrong(error) : "is wrong");
  }
  return {
    value,
    error: (at, what) => fail(startOf(document.getIn(at, true)), what),
  };
}

function firstLine(message: string): string {
  return message.split("\n")[0] ?? message;
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

function pathOf(error: ErrorObject): ConfigPath {
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
