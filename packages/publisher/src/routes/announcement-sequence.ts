import {
  announcementLimits,
  canonicalJson,
  Fields,
  HostError,
  type Instant,
  parseJson,
  TrustError,
} from "@causeway/kernel";
import { readFileUpTo, removeTree, writeDurably } from "../disk/files.ts";
import type { VendorFolder } from "../vendor-folder.ts";

const fileBytesMax = 1024;

/**
 * Takes the next number for an announcement; it is on the disk, and so never given again, before
 * this resolves. Numbers follow the clock in seconds where that is ahead: so two copies of a vendor
 * folder, or one whose file was lost, hardly ever give a number twice, and clients go on.
 * Whoever calls holds the folder's lock.
 * @throws {HostError} `HOST_CORRUPT_STATE` when the file is damaged
 */
export async function takeSequence(folder: VendorFolder, now: Instant): Promise<number> {
  const last = await lastSequence(folder.announcements);
  const next = Math.max(last + 1, Math.floor(now / 1000));
  if (next > announcementLimits.sequenceMax) throw damaged(folder.announcements);
  const file = { path: folder.announcements, bytes: canonicalJson({ sequence: next }) };
  await writeDurably(file, { scratch: folder.work });
  await removeTree(folder.work);
  return next;
}

async function lastSequence(path: string): Promise<number> {
  const bytes = await readFileUpTo(path, fileBytesMax);
  if (bytes === undefined) return 0;
  try {
    return new Fields(parseJson(bytes, path), path).integer("sequence", 1);
  } catch (cause) {
    if (!(cause instanceof TrustError)) throw cause;
    throw damaged(path, cause);
  }
}

function damaged(path: string, cause?: unknown): HostError {
  const what = "is damaged; restore it from a copy, or remove it: numbers then follow the clock";
  return new HostError("HOST_CORRUPT_STATE", `${path} ${what}.`, { cause });
}
