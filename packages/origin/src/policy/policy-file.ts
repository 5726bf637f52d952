import { tryFileLock } from "@causeway/client/internal/file-lock";
import { asSentence, HostError, type Instant, type JsonInput, TrustError } from "@causeway/kernel";
import { readBounded } from "../read-bounded.ts";
import { replaceFile } from "../replace-file.ts";
import { operatorsOf } from "./operators.ts";
import { endsOf, noPolicy, policyAt, policyLimits, policyUntil } from "./policy.ts";
import { changedPolicy, type PolicyChange } from "./policy-change.ts";
import { encodePolicy } from "./policy-document.ts";
import {
  readSignedPolicy,
  type SignedPolicy,
  signedPolicyBytesMax,
  signedPolicyType,
} from "./signed-policy.ts";

const emptyLifeMs = 24 * 3_600_000; // what says nothing may as well be gone

/** A vendor's file, and the repository that says who may sign it. */
export interface PolicyPlace {
  readonly file: string;
  readonly tree: string;
}

/** What is to be signed: the members beside `_type`, `version` and `expires`. */
export interface UnsignedPolicy {
  readonly type: string;
  readonly members: { readonly [name: string]: JsonInput };
  readonly version: number;
  readonly expires: Instant;
}

/**
 * Reads the signed policy, without what has ended.
 * @returns undefined when there is none
 * @throws {TrustError} it is not signed by those who may sign it now
 * @throws {HostError}
 */
export async function readPolicyFile(
  { file, tree }: PolicyPlace,
  now: Instant = Date.now(),
): Promise<SignedPolicy | undefined> {
  const bytes = await readBounded(file, signedPolicyBytesMax);
  if (bytes === undefined) return undefined;
  const operators = await operatorsOf(tree);
  try {
    const { version, expires, policy } = readSignedPolicy(bytes, operators, now);
    return { version, expires, policy: policyAt(policyUntil(policy, expires), now) };
  } catch (cause) {
    if (!(cause instanceof TrustError)) throw cause;
    const remedy = "Move it away, and say again what is to be in force.";
    const message = `${asSentence(cause.message)} ${remedy}`;
    throw new TrustError(cause.code, file, message, { cause });
  }
}

/**
 * Makes the changes, has the whole signed, and puts it in the file's place. Nothing that the keys
 * did not sign before is signed now.
 * @param sign resolves to the whole document
 * @throws {UsageError} `USAGE_ARGUMENT`, and what `sign` throws
 * @throws {TrustError} what is there is not signed by those who may sign it now
 * @throws {HostError} `HOST_BUSY` while another change is made
 */
export async function changePolicyFile(
  place: PolicyPlace,
  changes: readonly PolicyChange[],
  sign: (unsigned: UnsignedPolicy) => Promise<Uint8Array>,
  now: Instant = Date.now(),
): Promise<SignedPolicy> {
  const { file } = place;
  const lock = tryFileLock(`${file}.lock`);
  if (lock === undefined) throw new HostError("HOST_BUSY", `${file} is being changed already.`);
  try {
    const before = await readPolicyFile(place, now);
    const policy = changes.reduce(changedPolicy, before?.policy ?? noPolicy);
    const ends = [...endsOf(policy)];
    // What is revoked stays so beyond that: it is how long the rest of the file is good for.
    if (policy.revokedKeys.length > 0) ends.push(now + policyLimits.untilMsMax);
    const expires = ends.length === 0 ? now + emptyLifeMs : Math.max(...ends);
    // By the clock, so that a vendor who has lost the file is still above what origins have seen.
    const version = Math.max((before?.version ?? 0) + 1, Math.floor(now / 1000));
    const members = { policy: encodePolicy(policy) };
    const bytes = await sign({ type: signedPolicyType, members, version, expires });
    await replaceFile(file, bytes, 0o644);
    return { version, expires, policy };
  } finally {
    lock.release();
  }
}
