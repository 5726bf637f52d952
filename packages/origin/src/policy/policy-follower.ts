import { join } from "node:path";
import { CausewayError, TrustError } from "@causeway/kernel";
import { stampIfThere } from "../file-stamp.ts";
import { Follower } from "../follower.ts";
import type { Log } from "../log.ts";
import { readBounded } from "../read-bounded.ts";
import { ClockMoves } from "./clock-moves.ts";
import { operatorsOf } from "./operators.ts";
import type { PolicyKeeper } from "./policy-keeper.ts";
import { isKeyGone, SeenVersion } from "./seen-version.ts";
import { readSignedPolicy, type SignedPolicy, signedPolicyBytesMax } from "./signed-policy.ts";

/** What is followed, and for whom. */
interface PolicySource {
  readonly file: string;
  /** The repository that says who may sign it. */
  readonly tree: string;
  readonly keeper: PolicyKeeper;
  readonly log: Log;
  readonly now?: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly steady?: () => number;
}

/**
 * Puts the signed policy of a file in force, and each newer one. One that is junk, signed by others
 * or older changes nothing: the last good one stays; it is logged and counted. When those who sign
 * lose a key, it has to be signed anew. When the wall clock is set, it is judged anew: a machine that
 * starts with a wrong one takes every end for too far away, or for over.
 */
export function followPolicy(source: PolicySource): Follower<SignedPolicy | undefined> {
  const { file, tree, keeper, log, now = Date.now, steady = () => performance.now() } = source;
  const clock = new ClockMoves(now, steady);
  const seen = new SeenVersion(file);
  let keys: readonly string[] = []; // of those who sign, when it was looked last
  const complain = (event: string, error: unknown): void => {
    if (!(error instanceof CausewayError)) throw error;
    const { code, message } = error;
    log({ level: "error", event, fields: { code, message } });
  };
  /** A key that was taken away may be a thief's: what it may have signed is in force no more. */
  const dropFile = (): void => {
    if (keeper.file === undefined) return;
    // What was revoked by the vendor's own people is to be revoked anew.
    const fields = { version: keeper.file.version, ...acceptedAgain(keeper.file) };
    keeper.setFile(undefined);
    log({ level: "warn", event: "policy-dropped", fields });
  };
  return new Follower({
    // A publish may have changed the keys that sign it.
    stamp: async () => {
      const own = await stampIfThere(file);
      const timestamp = await stampIfThere(join(tree, "metadata", "timestamp.json"));
      return `${own} ${timestamp} ${clock.count()}`;
    },
    read: async () => {
      const bytes = await readBounded(file, signedPolicyBytesMax);
      if (bytes === undefined && keeper.file === undefined) return undefined;
      const operators = await operatorsOf(tree);
      if (isKeyGone(keys, [...operators.keys.keys()])) dropFile();
      keys = [...operators.keys.keys()];
      if (bytes === undefined) return undefined;
      const signed = readSignedPolicy(bytes, operators, now());
      // A record that is damaged, or cannot be kept, must not keep every policy out.
      await seen.load(keys).catch((error: unknown) => complain("policy-version-unread", error));
      if (signed.version >= seen.version) return signed;
      const message = `is version ${signed.version}; version ${seen.version} was in force already`;
      throw new TrustError("TRUST_ROLLBACK", "policy", message);
    },
    take: async (signed) => {
      if (signed === undefined) return;
      // One that is known is told anew: by a clock that was set, other rules of it are over.
      if (signed.version === keeper.file?.version) return keeper.setFile(keeper.file);
      const fields = { version: signed.version, ...acceptedAgain(keeper.file, signed) };
      keeper.setFile(signed);
      log({ level: "info", event: "policy-taken", fields });
      await seen
        .raise(signed.version, keys)
        .catch((error: unknown) => complain("policy-version-unkept", error));
    },
    warn: (error) => {
      keeper.noteRefused();
      complain("policy-refused", error);
    },
  });
}

/** The keys that one policy revoked, and the next does not: a vendor who lost the file may not know. */
function acceptedAgain(
  before: SignedPolicy | undefined,
  after?: SignedPolicy,
): { readonly accepted?: string } {
  const still = after?.policy.revokedKeys ?? [];
  const kids = (before?.policy.revokedKeys ?? []).filter((kid) => !still.includes(kid));
  return kids.length === 0 ? {} : { accepted: kids.join(" ") };
}
