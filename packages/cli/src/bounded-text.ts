import { readFile, stat } from "node:fs/promises";
import { UsageError } from "@causeway/kernel";

export interface TextOrder {
  /** At most so many bytes. */
  readonly max: number;
  /** As in "is longer than any runbook". */
  readonly what: string;
  /** The page that tells how to write one. */
  readonly told: string;
}

/**
 * The text of a file that a person wrote.
 *
 * @throws {UsageError} `CONFIG_MISSING`, `CONFIG_MALFORMED`
 */
export async function boundedText(file: string, { max, what, told }: TextOrder): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size <= max) return await readFile(file, "utf8");
  } catch (cause) {
    const message = `cannot read ${file}; ${told} tells how to write one.`;
    throw new UsageError("CONFIG_MISSING", message, { cause });
  }
  throw new UsageError("CONFIG_MALFORMED", `${file} is longer than any ${what}.`);
}
