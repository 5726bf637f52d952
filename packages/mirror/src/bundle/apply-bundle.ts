import { existsSync, statSync } from "node:fs";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import { bundlePartName, isBundleName } from "@causeway/client/internal/bundle-files";
import type { FollowLimits } from "@causeway/client/internal/follow";
import { heldFolder } from "@causeway/client/internal/held";
import { readTrust } from "@causeway/client/internal/read-trust";
import {
  folderStore,
  type LockHolder,
  lockFolder,
  type NodePorts,
  sweepFolder,
} from "@causeway/client/node";
import {
  type CausewayError,
  type NoRouteDelivered,
  type ProductId,
  type TrustCode,
  TrustError,
  UsageError,
} from "@causeway/kernel";
import type { TargetFile } from "@causeway/trust";
import { carriedProducts, chooseTargets } from "../choose.ts";
import type { FillProgress } from "../fill.ts";
import { makeOwnFolder } from "../own-folder.ts";
import { type KeptTree, TreeKeeper } from "../tree-keeper.ts";
import { filesAlone } from "./files-alone.ts";

export interface ApplyOptions {
  /** A bundle, its first part, or the folder that it was unpacked to. */
  readonly file: string;
  /** The customer's; made if missing. */
  readonly stateFolder: string;
  /** The vendor's root.json, as bytes or the path of the file; needed once per state. */
  readonly trust?: string | Uint8Array;
  readonly ports: NodePorts;
  /** How long to wait for another process that uses the state. */
  readonly lockWaitMs: number;
  readonly onWait?: (holder: LockHolder) => void;
  readonly signal: AbortSignal;
}

export interface AppliedBundle extends Pick<KeptTree, "versions" | "targets" | "bytes" | "clock"> {
  /** Where the files are now. */
  readonly folder: string;
  /** Whether it was a state that was not held yet. */
  readonly isNews: boolean;
  /** Bytes that were read from the bundle. */
  readonly read: number;
  /** Those that the bundle has, where it has not all; null when it has. */
  readonly products: readonly ProductId[] | null;
}

/**
 * Brings a state to what a bundle has, as a run over a route would, and keeps the bundle's files,
 * verified, in the state: from then on they are a route of every run with that state. Safe to call
 * again after any failure: what was verified is not read again.
 * @throws {TrustError} it is another vendor's, older than what is known, expired, or was changed
 * @throws {RouteError} it cannot be read, or is not whole
 * @throws {UsageError} {HostError} {Interrupted}
 */
export async function applyBundle(
  options: ApplyOptions,
  onProgress: (progress: FillProgress) => void = () => undefined,
  limits?: FollowLimits,
): Promise<AppliedBundle> {
  const { signal, onWait } = options;
  const file = path.resolve(options.file);
  requireThere(file);
  const trust = await readTrust(options.trust);
  const stateFolder = path.resolve(options.stateFolder);
  const ports = filesAlone(options.ports);
  const lock = await lockFolder(stateFolder, {
    waitMs: options.lockWaitMs,
    clock: ports.clock,
    signal,
    ...(onWait && { onWait }),
  });
  try {
    const folder = heldFolder(stateFolder);
    await sweepFolder(stateFolder);
    await makeOwnFolder(folder);
    await sweepFolder(folder);
    const route = `${pathToFileURL(file).href}/`;
    let products: readonly ProductId[] | undefined;
    const choose = async (targets: readonly TargetFile[]): Promise<readonly TargetFile[]> => {
      products = await carriedProducts(targets, (target) => has(ports, route, target, signal));
      return chooseTargets(targets, products);
    };
    const state = folderStore(stateFolder, ports.clock);
    const given = { routes: [route], givenAlone: true } as const;
    const client = { ...given, ports, state, ...(trust && { trust }) };
    const removes = "what is not named"; // another bundle may have brought other products
    const keeper = new TreeKeeper({ folder, client, choose, removes, graceMs: 0, signal, limits });
    const { versions, targets, bytes, clock, isNews, downloaded } = await keeper
      .update(onProgress)
      .catch((error: unknown) => {
        throw reasonOf(error, path.basename(file));
      });
    const read = downloaded;
    return { folder, versions, isNews, targets, bytes, read, products: products ?? null, clock };
  } finally {
    lock.release();
  }
}

function requireThere(file: string): void {
  const there = [file, bundlePartName(file, 1)].find((each) => existsSync(each));
  if (there === undefined) {
    throw new UsageError("USAGE_ARGUMENT", `there is no ${file}; is the stick in its place?`);
  }
  if (isBundleName(there.replace(/\.001$/, "")) || statSync(there).isDirectory()) return;
  throw new UsageError("USAGE_ARGUMENT", `${file}: a bundle's name ends in .causeway, or in .zip.`);
}

/** Whether it has the target, be it right or wrong. */
async function has(
  { transport }: NodePorts,
  route: string,
  { locations }: TargetFile,
  signal: AbortSignal,
): Promise<boolean> {
  const url = new URL(`targets/${locations[0]}`, route);
  const delivery = await transport.open({ url, signal });
  delivery.close();
  return delivery.status === 200;
}

const hints: ReadonlyMap<TrustCode, string> = new Map([
  ["TRUST_ROLLBACK", "this state knows a newer one, and nothing goes back; make a new bundle"],
  ["TRUST_EXPIRED", "make a new bundle; or is this machine's clock wrong?"],
  ["TRUST_THRESHOLD", "is it a bundle of another vendor than this state's?"],
  ["TRUST_MISMATCH", "it was changed on the way, or is damaged; make it again"],
]);

/** A bundle is the only route here: what is wrong with it is what is wrong. */
function reasonOf(error: unknown, name: string): unknown {
  if (!(error instanceof Error) || !("code" in error) || error.code !== "ROUTE_ALL_FAILED") {
    return error;
  }
  const [attempt] = (error as NoRouteDelivered).attempts;
  const cause: CausewayError | undefined = attempt?.error;
  if (cause === undefined) return error;
  const { code } = cause;
  const hint = hints.get(code as TrustCode);
  if (hint === undefined) return cause;
  return new TrustError(code as TrustCode, name, `${cause.message}; ${hint}`, { cause });
}
