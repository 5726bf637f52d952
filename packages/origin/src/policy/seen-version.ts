import { Fields, parseJson } from "@causeway/kernel";
import { readBounded } from "../read-bounded.ts";
import { replaceFile } from "../replace-file.ts";

const fileBytesMax = 512 * 1024; // with as many keys as a role may have, and the longest ids
const keysMax = 256;

/**
 * The newest version of a signed policy that was ever in force here, kept in a file beside it: no
 * older one is taken, even after a restart. When a key is taken from those who sign, versions begin
 * anew, as TUF 1.0.34 section 5.3.11 has it: a thief may have used up all numbers.
 */
export class SeenVersion {
  readonly #file: string;
  #version = 0;
  #keys: readonly string[] = [];

  constructor(policyFile: string) {
    this.#file = `${policyFile}.seen`;
  }

  /** 0 when none was seen. */
  get version(): number {
    return this.#version;
  }

  /**
   * Reads the file, if there is one.
   * @param keys ids of those that sign now
   * @throws {HostError} @throws {TrustError} it holds no version
   */
  async load(keys: readonly string[]): Promise<void> {
    const bytes = await readBounded(this.#file, fileBytesMax);
    if (bytes !== undefined) {
      const fields = new Fields(parseJson(bytes, this.#file), this.#file);
      const version = fields.integer("version", 0);
      if (version > this.#version) this.#keys = fields.strings("keys", keysMax);
      this.#version = Math.max(this.#version, version);
    }
    if (isKeyGone(this.#keys, keys)) this.#version = 0;
  }

  /** Keeps the version if it is newer. @throws {HostError} it counts for this process all the same */
  async raise(version: number, keys: readonly string[]): Promise<void> {
    if (version <= this.#version) return;
    this.#version = version;
    this.#keys = keys;
    await replaceFile(this.#file, `${JSON.stringify({ version, keys })}\n`, 0o644);
  }
}

/** Whether one of the keys that signed does not any more. */
export function isKeyGone(before: readonly string[], now: readonly string[]): boolean {
  return before.some((key) => !now.includes(key));
}
