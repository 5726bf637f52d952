import { type Artifact, type ChunkIndex, decodeChunkIndex, TrustError } from "@causeway/kernel";
import type { ArtifactLimits } from "../download-limits.ts";
import { ChunkNames } from "./chunk-names.ts";
import { obtainArtifact } from "./download-artifact.ts";
import type { DownloadJob } from "./download-job.ts";

/**
 * The chunk index that `artifact` vouches for, of the target that `of` describes.
 * @param saved where it stays for the next run
 * @throws {NoRouteDelivered}
 * @throws {TrustError} it is signed, and is no index of that target
 * @throws {HostError}
 */
export async function obtainIndex(
  job: DownloadJob,
  artifact: Artifact,
  of: Pick<Artifact, "length" | "sha256">,
  saved: string,
  limits: ArtifactLimits,
): Promise<ChunkIndex> {
  const bytes = await obtainArtifact(job, artifact, saved, limits);
  const index = decodeChunkIndex(bytes, artifact.path);
  if (index.target.length !== of.length || index.target.sha256 !== of.sha256) {
    throw new TrustError("TRUST_MIXED", artifact.path, "is the chunk index of another file");
  }
  ChunkNames.require(index.chunks, artifact.path);
  return index;
}
