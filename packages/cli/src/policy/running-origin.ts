import { asSentence, Fields, HostError, parseJson } from "@causeway/kernel";
import {
  changedPolicy,
  decodePolicy,
  encodePolicy,
  type Policy,
  type PolicyChange,
} from "@causeway/origin";
import { askAdmin } from "../admin-request.ts";

const triesMax = 5; // somebody else may be changing it at the same time

/** What a running origin says of its policy. */
export interface OriginPolicy {
  /** What operators have said there. */
  readonly own: Policy;
  /** With what is signed for all origins. */
  readonly inForce: Policy;
}

/** @throws {HostError} it does not answer as an origin does */
export async function readOriginPolicy(origin: URL, signal: AbortSignal): Promise<OriginPolicy> {
  return (await fetchPolicy(origin, signal)).policy;
}

/**
 * Changes what operators have said there, and nothing that is signed.
 * @throws {HostError} it does not answer, or refuses
 * @throws {UsageError} `USAGE_ARGUMENT` the change cannot be made
 */
export async function changeOriginPolicy(
  origin: URL,
  changes: readonly PolicyChange[],
  signal: AbortSignal,
): Promise<OriginPolicy> {
  for (let tries = 1; ; tries++) {
    const { policy, tag } = await fetchPolicy(origin, signal);
    const body = JSON.stringify(encodePolicy(changes.reduce(changedPolicy, policy.own)));
    const headers = { "Content-Type": "application/json", "If-Match": tag };
    const answer = await askAdmin(placeOf(origin), signal, { method: "PUT", headers, body });
    if (answer.kind === "text") return policyIn(answer.text, origin);
    if (answer.status !== 412 || tries === triesMax) throw failure(origin, answer.why);
  }
}

async function fetchPolicy(
  origin: URL,
  signal: AbortSignal,
): Promise<{ readonly policy: OriginPolicy; readonly tag: string }> {
  const answer = await askAdmin(placeOf(origin), signal);
  if (answer.kind === "failed") throw failure(origin, answer.why);
  return { policy: policyIn(answer.text, origin), tag: answer.headers.etag ?? "" };
}

/** @throws {TrustError} `TRUST_MALFORMED` */
function policyIn(text: string, origin: URL): OriginPolicy {
  const fields = new Fields(parseJson(Buffer.from(text), origin.href), origin.href);
  const now = Date.now();
  return {
    own: decodePolicy(fields.object("own"), now),
    inForce: decodePolicy(fields.object("inForce"), now),
  };
}

function placeOf(origin: URL): URL {
  return new URL("policy", origin);
}

function failure(origin: URL, why: string): HostError {
  return new HostError("HOST_IO", `${placeOf(origin).href}: ${asSentence(why)}`);
}
