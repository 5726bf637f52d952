import type { Instant } from "@causeway/kernel";
import { noPolicy, type Policy, policyAt } from "./policy.ts";

/**
 * The policy of one origin, in its supervisor. What operators say over the admin port lasts as
 * long as the process does.
 */
export class PolicyKeeper {
  readonly #now: () => Instant;
  readonly #onChange = new Set<(policy: Policy) => void>();
  #own: Policy = noPolicy;

  constructor(now: () => Instant = Date.now) {
    this.#now = now;
  }

  /** What operators have said here, without what has ended. */
  get own(): Policy {
    return policyAt(this.#own, this.#now());
  }

  get inForce(): Policy {
    return this.own;
  }

  /** Calls `told` whenever something else is in force. */
  follow(told: (policy: Policy) => void): void {
    this.#onChange.add(told);
  }

  setOwn(policy: Policy): void {
    this.#own = policy;
    for (const told of this.#onChange) told(this.inForce);
  }
}
