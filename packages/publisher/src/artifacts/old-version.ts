import { HostError, type Sha256 } from "@causeway/kernel";
import { readWindows } from "./input.ts";
import type { Progress } from "./progress.ts";
import { Scan, type Scanned } from "./scan.ts";

export interface OldVersion {
  readonly file: string;
  readonly sha256: Sha256;
}

/** An old version that is what it is said to be. */
export interface ScannedOld {
  readonly file: string;
  readonly scanned: Scanned;
}

/**
 * Reads an old version. A patch must not wait for an old file that is damaged or gone: there is
 * then no delta from it, and a note says so.
 * @throws the signal's reason when it fired
 */
export async function scanOld(
  old: OldVersion,
  read: Progress,
  signal: AbortSignal | undefined,
  notes: string[],
): Promise<ScannedOld | undefined> {
  const scan = new Scan();
  try {
    for await (const window of readWindows(old.file, signal)) {
      scan.update(window);
      read.add(window.length);
    }
  } catch (cause) {
    if (!(cause instanceof HostError)) throw cause;
    notes.push(`no delta from ${old.file}: ${cause.message}`);
    return undefined;
  }
  const scanned = scan.finish();
  if (scanned.sha256 === old.sha256) return { file: old.file, scanned };
  notes.push(`no delta from ${old.file}: its bytes are not those that were published`);
  return undefined;
}
