import { resolve } from "node:path";
import {
  CausewayError,
  HostError,
  type Instant,
  InvariantBroken,
  UsageError,
} from "@causeway/kernel";
import { type Config, readConfig } from "../config/config.ts";
import { Places } from "../config/places.ts";
import { sha256Of } from "../disk/digest.ts";
import { takeLock } from "../disk/lock.ts";
import { type Log, silent } from "../log.ts";
import type { Carrier, CarrierActs } from "../publish/carrier.ts";
import { carriersOf } from "../publish/carriers.ts";
import { refuseClockBehind } from "../publish/check-clock.ts";
import { FolderCarrier } from "../publish/folder-carrier.ts";
import { documentBytesMax, type Published, readPublished } from "../publish/published.ts";
import { repositoryRoute } from "../publish/result.ts";
import { VendorFolder } from "../vendor-folder.ts";
import { inOrder, Superseded } from "./superseded.ts";
import { Unnamed } from "./unnamed.ts";

export interface PruneOptions {
  /** How long a file must have been named by no state; see `leastKeepDays`. */
  readonly keepDays?: number;
  /** Tells what would go, and changes nothing. */
  readonly isDryRun?: boolean;
  readonly now?: () => Instant;
  /** As in `PublishOptions`. */
  readonly carrierStallMs?: number;
  readonly log?: Log;
  readonly signal?: AbortSignal;
}

/** What became of one place. */
export interface PrunedRoute {
  readonly id: string;
  readonly ok: boolean;
  /** What went, or would go; in that order. */
  readonly removed: readonly string[];
  /** How many more files no state names, which stay for now. */
  readonly waiting: number;
  readonly error?: { readonly code: string; readonly message: string };
}

export interface PruneResult {
  readonly repository: string;
  readonly keepDays: number;
  readonly routes: readonly PrunedRoute[];
}

const dayMs = 86_400_000;
const marginDays = 7; // for a download that takes days, and for mirrors that come once a week
const margin = marginDays * dayMs;

/**
 * Removes what readers no longer need from the repository and from every carrier. A reader may
 * begin with a state for as long as its timestamp and snapshot are valid, so a file stays until no
 * state has named it for that long and a week more. Each run also notes what is no longer named:
 * the wait of a file begins with the first run that sees it. Roots always stay. Safe to kill at any
 * instant and to run again.
 * @throws {UsageError} `USAGE_ARGUMENT` when `keepDays` is less than readers may be under way
 * @throws {HostError} `HOST_BUSY`, `HOST_CLOCK`; `HOST_CORRUPT_STATE` when it is not known what the
 *   state names
 */
export async function prune(dir: string, options: PruneOptions): Promise<PruneResult> {
  const folder = new VendorFolder(resolve(dir));
  const config = await readConfig(folder.config);
  const keepDays = keepDaysOf(config, options.keepDays);
  const lock = takeLock(folder.lock);
  const { signal, carrierStallMs: stallMs, log = silent } = options;
  const carriers = carriersOf(config, { stallMs, signal, log });
  try {
    const now = (options.now ?? Date.now)();
    const published = await wholeState(folder, now);
    const unnamed = await Unnamed.read(folder.unnamed, folder.work);
    const run = new Pruning(published, unnamed, now, keepDays, options.isDryRun ?? false);
    const routes = await run.all(folder, carriers);
    return { repository: config.name, keepDays, routes };
  } finally {
    for (const carrier of carriers) carrier.close();
    lock.release();
  }
}

function keepDaysOf({ expiryMs }: Config, given: number | undefined): number {
  const least = Math.ceil(Math.max(expiryMs.timestamp, expiryMs.snapshot) / dayMs);
  if (given === undefined) return least + margin / dayMs;
  if (Number.isSafeInteger(given) && given >= least && given <= 36_500) return given;
  const why = "a reader may be under way with a state for as long as its snapshot is valid";
  throw new UsageError("USAGE_ARGUMENT", `keep at least ${least} days: ${why}.`);
}

async function wholeState(folder: VendorFolder, now: Instant): Promise<Published> {
  const published = await readPublished(folder.repository);
  const { timestamp, versions, delegated } = published;
  refuseClockBehind(timestamp, now);
  if (timestamp.expires < now) {
    const what = "the timestamp has expired, or this clock is ahead; run causeway refresh first";
    throw new HostError("HOST_CLOCK", `${what}.`);
  }
  for (const role of versions.keys()) {
    if (role === "targets" || delegated.has(role)) continue;
    const what = `${role} is missing or damaged, so what it names is not known`;
    throw new HostError("HOST_CORRUPT_STATE", `${what}; run causeway publish first.`);
  }
  return published;
}

class Pruning {
  readonly #superseded: Superseded;
  readonly #unnamed: Unnamed;
  readonly #timestamp: Uint8Array;
  readonly #now: Instant;
  readonly #keepMs: number;
  readonly #isDryRun: boolean;

  constructor(
    published: Published,
    unnamed: Unnamed,
    now: Instant,
    keepDays: number,
    isDryRun: boolean,
  ) {
    this.#superseded = new Superseded(published);
    this.#timestamp = published.timestamp.bytes;
    this.#unnamed = unnamed;
    this.#now = now;
    this.#keepMs = keepDays * dayMs;
    this.#isDryRun = isDryRun;
  }

  async all(folder: VendorFolder, carriers: readonly Carrier[]): Promise<readonly PrunedRoute[]> {
    const places = await Places.beside(folder.path);
    const own = new FolderCarrier(folder.repository, () => undefined);
    const looks = carriers.map(async (carrier) => {
      return this.#look(carrier.id, carrier, async () => {
        const wrong = places.claim(carrier.id, await carrier.place());
        if (wrong !== undefined) throw new UsageError("CONFIG_MALFORMED", `${wrong}.`);
        await carrier.prepare();
        await this.#refuseOther(carrier);
      });
    });
    const seen = await Promise.all([
      this.#look(repositoryRoute, own, async () => undefined),
      ...looks,
    ]);
    const there = new Set(seen.flatMap(({ paths }) => paths));
    this.#unnamed.note(there, (path) => !this.#superseded.has(path), this.#now);
    // Of a place that could not be looked at, it is not known what lies there.
    if (seen.every(({ error }) => error === undefined)) this.#unnamed.keepOnly(there);
    // Before anything goes: a kill must not begin the wait of the others anew.
    if (!this.#isDryRun) await this.#unnamed.write();
    return Promise.all(seen.map((look) => this.#remove(look)));
  }

  /** What may go one day lies in that place. */
  async #look(id: string, acts: CarrierActs, begin: () => Promise<void>): Promise<Look> {
    try {
      await begin();
      const paths = (await acts.list()).filter((path) => this.#superseded.has(path));
      return { id, acts, paths, error: undefined };
    } catch (error) {
      return { id, acts, paths: [], error: told(error) };
    }
  }

  async #remove(look: Look): Promise<PrunedRoute> {
    try {
      return await this.#removeDue(look);
    } finally {
      if (look.id !== repositoryRoute) await look.acts.finish().catch(() => undefined);
    }
  }

  async #removeDue({ id, acts, paths, error }: Look): Promise<PrunedRoute> {
    const due = inOrder(paths.filter((path) => this.#isDue(path)));
    const waiting = paths.length - due.length;
    if (error !== undefined) return { id, ok: false, removed: [], waiting, error };
    if (this.#isDryRun) return { id, ok: true, removed: due, waiting };
    try {
      if (due.length > 0) await acts.remove(due);
      return { id, ok: true, removed: due, waiting };
    } catch (cause) {
      return { id, ok: false, removed: [], waiting: paths.length, error: told(cause) };
    }
  }

  #isDue(path: string): boolean {
    const since = this.#unnamed.since(path);
    return since !== undefined && this.#now - since >= this.#keepMs;
  }

  /** A carrier with another state still serves what that one names. */
  async #refuseOther(carrier: Carrier): Promise<void> {
    const bytes = await carrier.read("metadata/timestamp.json", documentBytesMax);
    if (bytes !== undefined && sha256Of(bytes) === sha256Of(this.#timestamp)) return;
    const what = `${carrier.id} has another state than this vendor folder`;
    throw new HostError("HOST_CORRUPT_STATE", `${what}; run causeway publish first.`);
  }
}

interface Look {
  readonly id: string;
  readonly acts: CarrierActs;
  readonly paths: readonly string[];
  readonly error: PrunedRoute["error"];
}

function told(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof InvariantBroken) throw error;
  const code = error instanceof CausewayError ? error.code : "HOST_IO";
  return { code, message: error instanceof Error ? error.message : String(error) };
}
