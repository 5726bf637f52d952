import { HostError, Interrupted } from "@causeway/kernel";
import type { Config } from "../config/config.ts";
import { Places } from "../config/places.ts";
import type { Log } from "../log.ts";
import type { VendorFolder } from "../vendor-folder.ts";
import { carriersOf } from "./carriers.ts";
import { type CarriedRoute, carry } from "./carry.ts";
import type { CarriedPages } from "./carry-pages.ts";
import { OwnFiles } from "./own-files.ts";
import { PagesToCarry } from "./pages-to-carry.ts";
import { repositoryRoute } from "./result.ts";
import type { Tree } from "./tree.ts";

export interface CarryOutOptions {
  readonly onProgress: (done: number, total: number) => void;
  readonly signal: AbortSignal | undefined;
  /** As in `CarryOptions`; reads the repository as well. */
  readonly everyByte: boolean;
  /**
   * Brings `security/` up to date, and tells the bytes that were written; undefined if it is. Asked
   * for once the first carrier has the state, for which customers' machines wait.
   */
  readonly makePages: (() => Promise<number>) | undefined;
  /** As in `CarryOptions`. */
  readonly pagesLast: boolean;
  /** As in `CarrierProcessOptions`. */
  readonly stallMs: number | undefined;
  readonly log: Log;
}

/**
 * Brings a state that is complete in the repository to all carriers.
 * @param bytes that were written to the repository before
 * @returns what became of the repository itself, which is a route too, then of each carrier
 * @throws {Interrupted}
 */
export async function carryOut(
  folder: VendorFolder,
  config: Config,
  tree: Tree,
  bytes: number,
  options: CarryOutOptions,
): Promise<readonly CarriedRoute[]> {
  const { signal, stallMs, everyByte, makePages, pagesLast, onProgress, log } = options;
  const carriers = carriersOf(config, { stallMs, signal, log });
  const own = new OwnFiles(folder.repository, carriers, log);
  try {
    if (everyByte) await readAll(own, tree, signal);
    const places = await Places.beside(folder.path);
    const pages = new PagesToCarry(folder, makePages);
    const read = (): Promise<CarriedPages | undefined> => pages.read();
    const how = { folder, signal, everyByte, places, pages: read, pagesLast, onProgress };
    const routes = await carry(own, tree, carriers, how);
    await pages.read();
    return [ownRoute(own.fault ?? pages.fault, bytes + pages.bytes + own.bytes), ...routes];
  } finally {
    for (const carrier of carriers) carrier.close();
  }
}

async function readAll(own: OwnFiles, tree: Tree, signal: AbortSignal | undefined): Promise<void> {
  for (const file of tree.targets) {
    if (signal?.aborted === true) throw new Interrupted();
    try {
      await own.ensure(file);
    } catch (error) {
      // Told at the end, with the others; carriers that have the file still get the rest.
      if (!(error instanceof HostError) || error.code !== "HOST_CORRUPT_STATE") throw error;
    }
  }
}

function ownRoute(fault: HostError | undefined, bytes: number): CarriedRoute {
  const route = { id: repositoryRoute, bytes };
  if (fault === undefined) return { ...route, ok: true };
  const { code, message } = fault;
  return { ...route, ok: false, error: { code, message } };
}
