import { parseArgs } from "node:util";
import { UsageError } from "@causeway/kernel";

/** What `npm run simulate` was asked to do. */
export interface Arguments {
  readonly seeds: number;
  /** The first seed. */
  readonly from: number;
  /** Processes at once. */
  readonly jobs: number;
  /** Only every so many seeds; how the processes share the work. */
  readonly step: number;
  /** End at the first failure. */
  readonly stop: boolean;
  /** Lines of a failed drill's trace to print. */
  readonly lines: number;
}

export const usage = `usage: npm run simulate -- [--seeds N] [--from S] [--seed S] [--jobs J] [--stop] [--lines L]
Runs N drills of fresh seeds, or from S on, or the one of seed S, and prints each that breaks a law.
`;

/**
 * @param fresh the first seed when none is named
 * @throws {UsageError} `USAGE_ARGUMENT`
 */
export function readArguments(words: readonly string[], fresh: number, cores: number): Arguments {
  const { values } = parse(words);
  const seed = number(values.seed, "seed", undefined);
  return {
    seeds: seed === undefined ? number(values.seeds, "seeds", 200) : 1,
    from: seed ?? number(values.from, "from", fresh),
    jobs: seed === undefined ? Math.max(1, number(values.jobs, "jobs", cores)) : 1,
    step: Math.max(1, number(values.step, "step", 1)),
    stop: values.stop ?? false,
    lines: number(values.lines, "lines", seed === undefined ? 40 : 100_000),
  };
}

function parse(words: readonly string[]) {
  const text = { type: "string" } as const;
  const options = {
    seeds: text,
    from: text,
    seed: text,
    jobs: text,
    step: text,
    lines: text,
    stop: { type: "boolean" },
  } as const;
  try {
    return parseArgs({ args: [...words], options });
  } catch (cause) {
    throw wrong(cause instanceof Error ? cause.message : String(cause));
  }
}

function number<Default extends number | undefined>(
  text: string | undefined,
  name: string,
  otherwise: Default,
): number | Default {
  if (text === undefined) return otherwise;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw wrong(`--${name} takes a whole number up to 999999999, not ${JSON.stringify(text)}.`);
}

function wrong(what: string): UsageError {
  return new UsageError("USAGE_ARGUMENT", what);
}
