import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dirname, "corpus");

/** Inputs that once led a reader to code that its seeds do not reach, or that it once failed at. */
export function readCorpus(reader: string): ReadonlyMap<string, Uint8Array> {
  const own = join(folder, reader);
  const names = existsSync(own) ? readdirSync(own).toSorted() : [];
  return new Map(names.map((name) => [name, readFileSync(join(own, name))]));
}

/** @returns where it lies */
export function addToCorpus(reader: string, bytes: Uint8Array): string {
  const name = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  const file = join(folder, reader, name);
  mkdirSync(join(folder, reader), { recursive: true });
  writeFileSync(file, bytes);
  return file;
}
