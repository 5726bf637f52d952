import type { JsonInput } from "./canonical-json.ts";
import { Fields, malformed } from "./fields.ts";
import type { Json } from "./json.ts";
import type { Sha256, TargetPath } from "./names.ts";
import { deltaPath, indexPath } from "./patch-path.ts";
import { type Artifact, decodeArtifact, encodeArtifact } from "./release.ts";
import { isVersion, type Version } from "./version.ts";

/** zstd of the patch with `from`'s file as dictionary. */
export interface Delta extends Artifact {
  readonly from: {
    readonly version: Version;
    readonly length: number;
    readonly sha256: Sha256;
  };
  /** The delta's own chunk index, so that it too comes over all routes. */
  readonly index: Artifact;
}

const listType = "causeway-deltas";

/** More than a patch replaces. */
export const deltasMax = 16;

/** The list of a patch's deltas, a target of its own: only who has an old version reads it. */
export function encodeDeltas(deltas: readonly Delta[]): JsonInput {
  return {
    _type: listType,
    deltas: deltas.map((delta) => ({
      ...encodeArtifact(delta),
      from: { ...delta.from },
      index: encodeArtifact(delta.index),
    })),
  };
}

/** @throws {TrustError} `TRUST_MALFORMED`, also for two deltas from one version */
export function decodeDeltas(value: Json, patch: TargetPath): readonly Delta[] {
  const subject = `deltas of ${patch}`;
  const fields = new Fields(value, subject);
  if (fields.string("_type") !== listType) throw malformed(subject, "is no list of deltas");
  const deltas = fields.objects("deltas", deltasMax).map((entry): Delta => {
    const from = entry.object("from");
    const version = from.matching("version", isVersion);
    const path = deltaPath(patch, version);
    return {
      ...decodeArtifact(entry, path),
      from: { version, length: from.integer("length", 0), sha256: from.sha256("sha256") },
      index: decodeArtifact(entry.object("index"), indexPath(path)),
    };
  });
  if (new Set(deltas.map(({ path }) => path)).size === deltas.length) return deltas;
  throw malformed(subject, "has two deltas from one version");
}
