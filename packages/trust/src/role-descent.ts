import { invariant, type Random, TrustError } from "@causeway/kernel";
import type { Delegation } from "./delegation.ts";
import { limits } from "./limits.ts";
import { MatchingWork } from "./matching-work.ts";
import type { Targets } from "./targets.ts";
import type { TrustedSet } from "./trusted-set.ts";
import { roleWant, type Want } from "./want.ts";

/**
 * One way down the targets roles, drawn by lot, for whoever wants any one target, without I/O: fetch
 * what `want` says, `offer` it, until there is no want; then `targets` is the role that it ended in. A
 * long role is drawn more often, since it has more targets: of 256 bins most are empty. What a role says is not believed here of
 * any path: a `Lookup` tells which role speaks for it. Roles may have expired.
 */
export class RoleDescent {
  readonly #like: string;
  readonly #random: Random;
  readonly #lengthOf: (role: string) => number | undefined;
  #set: TrustedSet;
  #targets: Targets;
  #next: Delegation | undefined;
  #depth = 0;

  /**
   * @param set a refreshed one
   * @param like a path: only roles that may speak for paths of its kind are drawn
   * @param lengthOf bytes of a role's file; undefined for one that is not to be drawn
   * @throws {TrustError} `TRUST_MIXED` when the set needs a refresh; `TRUST_LIMIT`
   */
  constructor(
    set: TrustedSet,
    like: string,
    random: Random,
    lengthOf: (role: string) => number | undefined,
  ) {
    const { targets } = set;
    if (targets === undefined) {
      throw new TrustError("TRUST_MIXED", "targets", "is not known yet; refresh first");
    }
    this.#set = set;
    this.#like = like;
    this.#random = random;
    this.#lengthOf = lengthOf;
    this.#targets = targets;
    this.#next = this.#draw(targets);
    this.#descend();
  }

  /** As far as the descent got. */
  get set(): TrustedSet {
    return this.#set;
  }

  /** The lowest role so far. */
  get targets(): Targets {
    return this.#targets;
  }

  /** The next file to fetch; undefined when there is no way further down. */
  get want(): Want | undefined {
    const role = this.#next?.role;
    if (role === undefined) return undefined;
    const meta = this.#set.snapshot?.roles.get(role);
    const version = this.#set.root.consistentSnapshot ? meta?.version : undefined;
    return roleWant(role, version, meta?.length, limits.targetsBytesMax);
  }

  /**
   * Takes the file that `want` describes.
   * @throws {TrustError} it is not what is wanted, and nothing changed; another route may have it
   */
  offer(bytes: Uint8Array): void {
    invariant(this.#next !== undefined, "nothing is offered to a descent that is over");
    const { role, authority } = this.#next;
    this.#set = this.#set.keepRole(role, authority, bytes);
    this.#descend();
  }

  /** Goes down through what is at hand. */
  #descend(): void {
    while (this.#next !== undefined) {
      const targets = this.#set.role(this.#next.role, this.#next.authority);
      if (targets === undefined) return;
      this.#targets = targets;
      this.#next = ++this.#depth < limits.rolesVisitedMax ? this.#draw(targets) : undefined;
    }
  }

  #draw({ delegations }: Targets): Delegation | undefined {
    const { snapshot } = this.#set;
    if (snapshot === undefined) return undefined;
    const speaking = delegations.for(this.#like, new MatchingWork(this.#like));
    // Bins of one role share their authority, and speak for paths of the same kind.
    const drawn = delegations
      .among(snapshot.roles)
      .flatMap(({ role, authority, isTerminating }) => {
        const speaks = speaking.some((each) => each.role === role || each.authority === authority);
        const length = speaks ? this.#lengthOf(role) : undefined;
        return length === undefined ? [] : [{ role, authority, isTerminating, length }];
      });
    const least = Math.min(...drawn.map(({ length }) => length)); // without a target, as a rule
    const sum = drawn.reduce((total, { length }) => total + length - least + 1, 0);
    let left = (this.#random.uint32() / 2 ** 32) * sum;
    return drawn.find(({ length }) => (left -= length - least + 1) < 0);
  }
}
