import { join } from "node:path";
import { forEachBounded, type Sha256 } from "@causeway/kernel";
import { sha256Of } from "../disk/digest.ts";
import { readFileUpTo } from "../disk/files.ts";
import {
  decodePageList,
  encodePageList,
  pageListBytesMax,
  pageListFile,
  pageListPath,
} from "../security/page-list.ts";
import type { Carrier } from "./carrier.ts";
import type { MetadataFile, TreeFile } from "./tree.ts";

// In a repository that is restored from a carrier, such a group is made anew.
const ofNoInputs = "0".repeat(64) as Sha256;

/** The generated files of the repository, as its list has them. */
export interface CarriedPages {
  readonly files: readonly TreeFile[];
  /** Undefined when nothing was generated yet. */
  readonly list: MetadataFile | undefined;
}

export async function readCarriedPages(repository: string): Promise<CarriedPages> {
  const bytes = await readFileUpTo(join(repository, pageListPath), pageListBytesMax);
  const files = decodePageList(bytes).flatMap((group) => group.files);
  return { files, list: bytes && { ...pageListFile(bytes), bytes } };
}

/** How one file gets to the carrier; each reads back what it wrote. */
export interface BringPages {
  readonly atOnce: number;
  /** If the bytes there are the file's; undefined to go by the carrier's list. */
  readonly isThere: ((file: TreeFile) => Promise<boolean>) | undefined;
  readonly copy: (file: TreeFile) => Promise<void>;
  readonly bring: (file: MetadataFile) => Promise<boolean>;
}

/**
 * Brings the pages that the carrier's own list does not have as they are, and removes those that it
 * has and we no longer do. The list is written last, so that a run which goes on after a kill does
 * not take old pages for new ones.
 */
export async function carryPages(
  carrier: Carrier,
  { files, list }: CarriedPages,
  { atOnce, isThere, copy, bring }: BringPages,
): Promise<void> {
  if (list === undefined) return;
  const there = await carrier.read(pageListPath, pageListBytesMax);
  if (isThere === undefined && there !== undefined && sha256Of(there) === list.sha256) return;
  const groups = decodePageList(there);
  const known = new Map(groups.flatMap((group) => group.files).map((file) => [file.path, file]));
  const wanted = new Map(files.map((file) => [file.path, file.sha256]));
  const isKept = (file: TreeFile): boolean => wanted.get(file.path) === file.sha256;
  const isGone = (file: TreeFile): boolean => !wanted.has(file.path);
  // As in the repository: what changes is unlisted first. What is gone is listed until it is removed.
  const kept = encodePageList(
    groups.map((group) => {
      if (group.files.every(isKept)) return group;
      return { ...group, fingerprint: ofNoInputs, files: group.files.filter(isGone) };
    }),
  );
  if (there !== undefined && Buffer.compare(kept, there) !== 0) {
    await bring({ ...pageListFile(kept), bytes: kept });
  }
  await forEachBounded(files, atOnce, async (file) => {
    const isListed = known.get(file.path)?.sha256 === file.sha256;
    if (!(await (isThere?.(file) ?? isListed))) await copy(file);
  });
  const gone = [...known.values()].filter(isGone).map(({ path }) => path);
  if (gone.length > 0) await carrier.remove(gone);
  await bring(list);
}
