import type { Instant } from "@causeway/kernel";
import { endsOf, noPolicy, type Policy, policyAt, policyUntil, unitedPolicy } from "./policy.ts";
import type { SignedPolicy } from "./signed-policy.ts";

const waitMsMax = 3_600_000; // a clock may be set meanwhile

/**
 * The policy of one origin, in its supervisor: what operators have said here over the admin port,
 * which lasts as long as the process does, and what they have signed for all origins. Neither takes
 * back what the other says.
 */
export class PolicyKeeper {
  readonly #now: () => Instant;
  readonly #onChange = new Set<(policy: Policy) => void>();
  #own: Policy = noPolicy;
  #file: SignedPolicy | undefined;
  #refused = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(now: () => Instant = Date.now) {
    this.#now = now;
  }

  /** What operators have said here, without what has ended. */
  get own(): Policy {
    return policyAt(this.#own, this.#now());
  }

  /** The last that was signed, and is good. */
  get file(): SignedPolicy | undefined {
    return this.#file;
  }

  /** How many times a signed one was refused. */
  get refused(): number {
    return this.#refused;
  }

  get inForce(): Policy {
    if (this.#file === undefined) return this.own;
    const { policy, expires } = this.#file;
    return unitedPolicy(this.own, policyAt(policyUntil(policy, expires), this.#now()));
  }

  /** Calls `told` whenever something else is in force, also because a rule has ended. */
  follow(told: (policy: Policy) => void): void {
    this.#onChange.add(told);
  }

  setOwn(policy: Policy): void {
    this.#own = policy;
    this.#tell();
  }

  setFile(signed: SignedPolicy | undefined): void {
    this.#file = signed;
    this.#tell();
  }

  noteRefused(): void {
    this.#refused++;
  }

  /** Tells nobody any more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #tell(): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    const policy = this.inForce;
    for (const told of this.#onChange) told(policy);
    const waits = endsOf(policy).map((end) => end - this.#now());
    if (waits.length === 0) return;
    const waitMs = Math.min(waitMsMax, ...waits);
    this.#timer = setTimeout(() => this.#tell(), Math.max(1, waitMs)).unref();
  }
}
