import {
  type Artifact,
  canonicalJson,
  type Delta,
  deltaListPath,
  encodeDeltas,
  type TargetPath,
} from "@causeway/kernel";
import { sha256Of } from "../disk/digest.ts";
import type { GeneratedFile } from "./generated-file.ts";
import type { Release } from "./release.ts";

/** The file that lists a patch's deltas, or undefined when there are none. */
function deltaListFile(patch: TargetPath, deltas: readonly Delta[]): GeneratedFile | undefined {
  if (deltas.length === 0) return undefined;
  return { path: deltaListPath(patch), bytes: canonicalJson(encodeDeltas(deltas)) };
}

/** What a patch's record says of that file. */
export function deltaListOf(patch: TargetPath, deltas: readonly Delta[]): Artifact | undefined {
  const file = deltaListFile(patch, deltas);
  return file && { path: file.path, length: file.bytes.length, sha256: sha256Of(file.bytes) };
}

/** The lists of the deltas of all releases that have some. */
export function deltaLists(releases: readonly Release[]): readonly GeneratedFile[] {
  return releases.flatMap(({ target, deltas }) => deltaListFile(target.path, deltas) ?? []);
}
