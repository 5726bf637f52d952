import { HostError, type Sha256 } from "@causeway/kernel";
import { readWindows } from "./input.ts";
import type { Progress } from "./progress.ts";
import { Scan, type Scanned } from "./scan.ts";

export interface OldVersion {
  /** As people call it, for notes: `1.0`. */
  readonly name: string;
  readonly file: string;
  readonly sha256: Sha256;
}

/** An old version that is what it is said to be. */
export interface ScannedOld extends Pick<OldVersion, "name" | "file"> {
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
  const { name, file } = old;
  const scan = new Scan();
  try {
    for await (const window of readWindows(file, signal)) {
      scan.update(window);
      read.add(window.length);
    }
  } catch (cause) {
    if (!(cause instanceof HostError)) throw cause;
    notes.push(`no delta from ${name}: ${cause.message}`);
    return undefined;
  }
  const scanned = scan.finish();
  if (scanned.sha256 === old.sha256) return { name, file, scanned };
  notes.push(`no delta from ${name}: its bytes are not those that were published`);
  return undefined;
}
