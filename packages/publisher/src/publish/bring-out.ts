import { join } from "node:path";
import { type Instant, TrustError } from "@causeway/kernel";
import type { Config } from "../config/config.ts";
import { fileLength, writeDurably } from "../disk/files.ts";
import type { TargetEntry } from "../documents/target-entry.ts";
import { silent } from "../log.ts";
import { updatePages } from "../security/update-pages.ts";
import type { VendorFolder } from "../vendor-folder.ts";
import { carryOut } from "./carry-out.ts";
import type { PublishOptions } from "./publish.ts";
import { publishedEntries } from "./published.ts";
import { type PublishResult, patchCount, roleVersions } from "./result.ts";
import { type Documents, treeOf } from "./tree.ts";
import { writeMetadata } from "./write-tree.ts";

export interface BringOutOptions {
  /** Targets to look up. */
  readonly check: readonly TargetEntry[];
  readonly now: Instant;
  /** That were written to the repository before. */
  readonly bytes: number;
  /**
   * Whether the formats that others read are to name other routes. Until they do, a mark stands in
   * the folder, also when this run is killed.
   */
  readonly hasOtherRoutes: boolean;
}

/**
 * Makes documents public whose targets are all in the repository: writes it, verifies it as a
 * client would, then brings it to every carrier.
 * @throws {TrustError} a client would refuse the result; readers still see the old state
 */
export async function bringOut(
  folder: VendorFolder,
  config: Config,
  documents: Documents,
  { check, now, bytes, hasOtherRoutes }: BringOutOptions,
  options: PublishOptions,
): Promise<PublishResult> {
  const { everyByte = false, signal, onProgress } = options;
  const entries = publishedEntries(documents.delegated);
  const tree = treeOf(documents, entries);
  if (hasOtherRoutes) {
    const mark = { path: folder.pagesDue, bytes: new Uint8Array(0) };
    await writeDurably(mark, { scratch: folder.work });
  }
  const metadataBytes = await writeMetadata(folder.repository, tree, check, now).catch(
    sayWhoRenews,
  );
  const written = bytes + metadataBytes;
  const makePages = (): Promise<number> => {
    return updatePages(folder, config, entries, {
      scratch: join(folder.repository, ".incoming"),
      everyByte,
      onProgress: (done, total) => onProgress?.({ step: "pages", done, total }),
      signal,
      log: options.log ?? silent,
    });
  };
  const routes = await carryOut(folder, config, tree, written, {
    onProgress: (done, total) => onProgress?.({ step: "carry", done, total }),
    signal,
    everyByte,
    makePages: (await fileLength(folder.pagesDue)) === undefined ? undefined : makePages,
    pagesLast: true, // customers' machines wait for the timestamp
    stallMs: options.carrierStallMs,
    log: options.log ?? silent,
  });
  return {
    repository: config.name,
    versions: roleVersions(documents),
    patches: patchCount(entries),
    routes,
  };
}

/** What signs one part only cannot make another last. */
function sayWhoRenews(cause: unknown): never {
  if (!(cause instanceof TrustError) || cause.code !== "TRUST_EXPIRED") throw cause;
  const what = "it has expired; causeway publish signs it anew, where its keys are.";
  throw new TrustError(cause.code, cause.subject, what, { cause });
}
