import { CausewayError, type Delta, decodeDeltas, parseJson } from "@causeway/kernel";
import { obtainArtifact } from "./download-artifact.ts";
import type { DownloadJob } from "./download-job.ts";
import type { OldFile } from "./old-file.ts";
import { partialNames } from "./partial-names.ts";

/**
 * The deltas that lead to the target; none are asked for when there is nothing to start from.
 * None too when their list cannot be had: they save bytes, and the target comes without.
 * @throws {HostError}
 * @throws the signal's reason when it fired
 */
export async function obtainDeltas(
  job: DownloadJob,
  oldFiles: readonly OldFile[],
): Promise<readonly Delta[]> {
  const { release, target, output } = job.request;
  const list = release.deltas;
  if (list === undefined || oldFiles.length === 0) return [];
  try {
    const saved = partialNames(output.name, target.sha256).deltas;
    const bytes = await obtainArtifact(job, list, saved, job.limits.delta);
    return decodeDeltas(parseJson(bytes, list.path), target.path);
  } catch (error) {
    job.signal.throwIfAborted();
    if (!(error instanceof CausewayError) || error.blame === "host") throw error;
    job.progress.tell({ kind: "fallback", from: "delta", why: error.message });
    return [];
  }
}
