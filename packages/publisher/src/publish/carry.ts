import {
  CausewayError,
  forEachBounded,
  HostError,
  Interrupted,
  InvariantBroken,
  type Sha256,
  UsageError,
} from "@causeway/kernel";
import type { Places } from "../config/places.ts";
import { fileLength } from "../disk/files.ts";
import { readDocument } from "../documents/document.ts";
import type { VendorFolder } from "../vendor-folder.ts";
import type { Carrier, Source } from "./carrier.ts";
import { type CarriedPages, carryPages } from "./carry-pages.ts";
import type { OwnFiles } from "./own-files.ts";
import { stateAhead } from "./state-ahead.ts";
import { bringLast, type MetadataFile, type Tree, type TreeFile } from "./tree.ts";
import { Unread } from "./unread.ts";

/** What became of one place that was written to. */
export interface CarriedRoute {
  readonly id: string;
  readonly ok: boolean;
  /** Bytes that were written in this run. */
  readonly bytes: number;
  readonly error?: { readonly code: string; readonly message: string };
}

export interface CarryOptions {
  readonly onProgress: (done: number, total: number) => void;
  readonly signal: AbortSignal | undefined;
  readonly places: Places;
  /** Reads also what is there already, and writes again what has other bytes. */
  readonly everyByte: boolean;
  /** What lies in `security/`; undefined when that is not up to date. */
  readonly pages: () => Promise<CarriedPages | undefined>;
  /** The pages have changed all at once, and customers' machines wait for the timestamp. */
  readonly pagesLast: boolean;
  readonly folder: VendorFolder;
}

/**
 * Brings the tree to all carriers at once. What is there already, by its name and length, is not
 * copied again; nothing gets its name before it was read back, and the timestamp comes last. A
 * carrier that fails is reported and does not hold up the others; running it again goes on where
 * it stopped.
 * @throws {Interrupted}
 */
export async function carry(
  own: OwnFiles,
  tree: Tree,
  carriers: readonly Carrier[],
  options: CarryOptions,
): Promise<readonly CarriedRoute[]> {
  const timestamps = tree.isBridged ? 2 : 1;
  const steps = tree.targets.length + tree.metadata.length + tree.roots.length + timestamps;
  let done = 0;
  const step = (): void => {
    if (options.signal?.aborted === true) throw new Interrupted();
    done++;
    options.onProgress(done, steps * carriers.length);
  };
  const runs = carriers.map((carrier) => {
    return new CarrierRun(carrier, own, step, options).run(tree);
  });
  const routes = await Promise.all(runs);
  if (options.signal?.aborted === true) throw new Interrupted();
  return routes;
}

class CarrierRun {
  readonly #carrier: Carrier;
  readonly #own: OwnFiles;
  readonly #step: () => void;
  readonly #options: CarryOptions;
  #bytes = 0;

  constructor(carrier: Carrier, own: OwnFiles, step: () => void, options: CarryOptions) {
    this.#options = options;
    this.#carrier = carrier;
    this.#own = own;
    this.#step = step;
  }

  async run(tree: Tree): Promise<CarriedRoute> {
    const { id } = this.#carrier;
    try {
      await this.#all(tree);
      return { id, ok: true, bytes: this.#bytes };
    } catch (error) {
      if (error instanceof InvariantBroken) throw error;
      const code = error instanceof CausewayError ? error.code : "HOST_IO";
      const message = error instanceof Error ? error.message : String(error);
      return { id, ok: false, bytes: this.#bytes, error: { code, message } };
    }
  }

  async #all(tree: Tree): Promise<void> {
    const place = await this.#carrier.place();
    const wrong = this.#options.places.claim(this.#carrier.id, place);
    if (wrong !== undefined) throw new UsageError("CONFIG_MALFORMED", `${wrong}.`);
    try {
      await this.#carrier.prepare();
      await this.#bringAll(tree);
    } finally {
      await this.#carrier.finish().catch(() => undefined); // the next run's prepare does it
    }
  }

  async #bringAll(tree: Tree): Promise<void> {
    await this.#refuseGoingBack(tree);
    await this.#bringTargets(tree.targets);
    await forEachBounded(tree.metadata, this.#carrier.actsAtOnce, async (file) => {
      await this.#bring(file);
    });
    // Whatever pages name is there by now.
    if (!this.#options.pagesLast) await this.#bringPages();
    await bringLast(tree, (file, always) => this.#bring(file, always));
    if (this.#options.pagesLast) await this.#bringPages();
  }

  async #bringTargets(targets: readonly TreeFile[]): Promise<void> {
    const { actsAtOnce, id } = this.#carrier;
    const unread = new Unread(this.#options.folder, id);
    const left = await unread.names();
    const missing: TreeFile[] = [];
    await forEachBounded(targets, actsAtOnce, async (file) => {
      if (left.has(file.path) ? await this.#isRight(file) : await this.#has(file)) this.#step();
      else missing.push(file);
    });
    if (missing.length > 0) await unread.keep(missing.map(({ path }) => path));
    await forEachBounded(missing, actsAtOnce, async (file) => {
      this.#step();
      await this.#copy(file);
    });
    if (missing.length > 0 || left.size > 0) await unread.forget();
  }

  async #bringPages(): Promise<void> {
    const { everyByte, signal } = this.#options;
    const pages = await this.#options.pages();
    if (pages === undefined) return;
    await carryPages(this.#carrier, pages, {
      atOnce: this.#carrier.actsAtOnce,
      isThere: everyByte ? (file) => this.#has(file) : undefined,
      copy: async (file) => {
        if (signal?.aborted === true) throw new Interrupted();
        await this.#copy(file);
      },
      bring: ({ bytes, ...file }) => this.#bringBytes(file, bytes),
    });
  }

  async #has(file: TreeFile): Promise<boolean> {
    if (this.#options.everyByte) return this.#isRight(file);
    return (await this.#carrier.length(file.path)) === file.length;
  }

  async #isRight(file: TreeFile): Promise<boolean> {
    return (await this.#sha256(file)) === file.sha256;
  }

  async #copy(file: TreeFile): Promise<void> {
    const path = this.#own.path(file);
    if ((await fileLength(path)) !== file.length) await this.#own.ensure(file);
    if (await this.#write(file, { kind: "file", path })) return;
    await this.#own.ensure(file); // was it right before it was copied?
    if (!(await this.#write(file, { kind: "file", path }))) throw this.#failure(file);
  }

  async #bring(file: MetadataFile, always = false): Promise<boolean> {
    this.#step();
    return this.#bringBytes(file, file.bytes, always);
  }

  async #bringBytes(file: TreeFile, bytes: Uint8Array, always = false): Promise<boolean> {
    if (!always && (await this.#sha256(file)) === file.sha256) return false;
    if (await this.#write(file, { kind: "bytes", bytes })) return true;
    throw this.#failure(file);
  }

  /** A carrier that is ahead means that this vendor folder is an old copy. */
  async #refuseGoingBack({ timestamp, roots }: Tree): Promise<void> {
    const here = readDocument(timestamp.bytes, "timestamp");
    const root = readDocument(roots.at(-1)?.bytes ?? new Uint8Array(), "root");
    const there = await stateAhead(this.#carrier, { timestamp: here, root });
    if (there === undefined) return;
    throw new HostError(
      "HOST_CORRUPT_STATE",
      `${this.#carrier.id} has ${there.what} (timestamp ${there.version}) than this vendor folder ` +
        `(${here.version}), which therefore is an old copy; restore repository/ from that carrier.`,
    );
  }

  async #write(file: TreeFile, source: Source): Promise<boolean> {
    const isRight = await this.#carrier.write(file, source);
    if (isRight) this.#bytes += file.length;
    return isRight;
  }

  #failure(file: TreeFile): HostError {
    const text = `${file.path} read back with other bytes than written, so it got no name there`;
    return new HostError("HOST_IO", `${this.#carrier.id}: ${text}. Look at that disk.`);
  }

  async #sha256(file: TreeFile): Promise<Sha256 | undefined> {
    const length = await this.#carrier.length(file.path);
    if (length !== file.length) return undefined;
    return this.#carrier.sha256(file.path);
  }
}
