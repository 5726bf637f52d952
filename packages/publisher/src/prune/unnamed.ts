import type { Instant } from "@causeway/kernel";
import { readFileUpTo, writeDurably } from "../disk/files.ts";

const bytesMax = 256 * 1024 * 1024;

/**
 * Since when we know of each file that no state names it: the file `unnamed.json` of the vendor
 * folder. Without it, or with a damaged one, the wait of all of them begins anew.
 */
export class Unnamed {
  readonly #path: string;
  readonly #scratch: string;
  readonly #since: Map<string, Instant>;

  private constructor(path: string, scratch: string, since: Map<string, Instant>) {
    this.#path = path;
    this.#scratch = scratch;
    this.#since = since;
  }

  static async read(path: string, scratch: string): Promise<Unnamed> {
    const bytes = await readFileUpTo(path, bytesMax);
    return new Unnamed(path, scratch, bytes === undefined ? new Map() : decode(bytes));
  }

  /** Begins the wait of what was named until now, and ends that of what is named again. */
  note(paths: Iterable<string>, isNamed: (path: string) => boolean, now: Instant): void {
    for (const path of this.#since.keys()) if (isNamed(path)) this.#since.delete(path);
    for (const path of paths) {
      const since = this.#since.get(path);
      // A clock that was ahead, and was set right, must not keep it for years.
      if (since === undefined || since > now) this.#since.set(path, now);
    }
  }

  /** Undefined for what was never noted. */
  since(path: string): Instant | undefined {
    return this.#since.get(path);
  }

  /** Forgets what lies nowhere any more. */
  keepOnly(there: ReadonlySet<string>): void {
    for (const path of this.#since.keys()) if (!there.has(path)) this.#since.delete(path);
  }

  /** @throws {HostError} */
  async write(): Promise<void> {
    const since = [...this.#since].map(([path, at]) => [path, new Date(at).toISOString()]);
    const bytes = Buffer.from(`${JSON.stringify({ since }, undefined, 1)}\n`);
    await writeDurably({ path: this.#path, bytes }, { scratch: this.#scratch });
  }
}

function decode(bytes: Uint8Array): Map<string, Instant> {
  const found = new Map<string, Instant>();
  try {
    const { since } = JSON.parse(Buffer.from(bytes).toString("utf8")) as { since: unknown };
    for (const [path, at] of since as readonly [unknown, unknown][]) {
      const instant = Date.parse(String(at));
      if (typeof path !== "string" || !Number.isSafeInteger(instant)) return new Map();
      found.set(path, instant);
    }
  } catch {
    return new Map();
  }
  return found;
}
