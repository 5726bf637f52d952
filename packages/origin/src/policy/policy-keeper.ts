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
  readonly #steady: () => number;
  readonly #onChange = new Set<(policy: Policy) => void>();
  #own: Policy = noPolicy;
  /** When that was said, by both clocks. */
  #saidAt = { wall: 0, steady: 0 };
  #file: SignedPolicy | undefined;
  #refused = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** `steady` tells milliseconds of a clock that never goes back. */
  constructor(now: () => Instant = Date.now, steady: () => number = () => performance.now()) {
    this.#now = now;
    this.#steady = steady;
  }

  /** What operators have said here, without what has ended. */
  get own(): Policy {
    return policyAt(this.#own, this.#nowForOwn());
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
    this.#saidAt = { wall: this.#now(), steady: this.#steady() };
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

  /** What was said for an hour lasts no day because the clock was set back by one. */
  #nowForOwn(): Instant {
    const { wall, steady } = this.#saidAt;
    return Math.max(this.#now(), wall + this.#steady() - steady);
  }

  #tell(): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    const policy = this.inForce;
    for (const told of this.#onChange) told(policy);
    const waits = [
      ...endsOf(this.own).map((end) => end - this.#nowForOwn()),
      ...endsOf(policy).map((end) => end - this.#now()),
    ];
    if (waits.length === 0) return;
    const waitMs = Math.min(waitMsMax, ...waits);
    this.#timer = setTimeout(() => this.#tell(), Math.max(1, waitMs)).unref();
  }
}
