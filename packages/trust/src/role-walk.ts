import { invariant, TrustError } from "@causeway/kernel";
import type { Delegation } from "./delegation.ts";
import { limits } from "./limits.ts";
import type { Targets } from "./targets.ts";
import type { TrustedSet } from "./trusted-set.ts";
import { roleWant, type Want } from "./want.ts";

// As a part of a file name, on every file system and in every URL.
const portable = /^[A-Za-z0-9._~-]{1,200}$/;

/**
 * All targets roles of a state: those that the snapshot names and a trusted role delegates to,
 * without I/O. For whoever carries the whole repository: fetch what `want` says, `offer` it, until
 * there is no want. What a role says is not believed here of any path: a `Lookup` tells which role
 * speaks for it. Roles may have expired. Where two delegate to one role, the more trusted counts, as
 * in a lookup: else whoever may sign one role could name keys for another's. Roles whose name no file
 * can have as it is are passed over, with all that they vouch for.
 */
export class RoleWalk {
  #set: TrustedSet;
  readonly #roles = new Map<string, Targets>();
  readonly #ahead: Delegation[] = [];

  /**
   * @param set a refreshed one
   * @throws {TrustError} `TRUST_MIXED` when the set needs a refresh
   */
  constructor(set: TrustedSet) {
    this.#set = set;
    const { targets } = set;
    if (targets === undefined) {
      throw new TrustError("TRUST_MIXED", "targets", "is not known yet; refresh first");
    }
    this.#take("targets", targets);
  }

  /** As far as the walk got. */
  get set(): TrustedSet {
    return this.#set;
  }

  /** Those that were met, `targets` first. */
  get roles(): ReadonlyMap<string, Targets> {
    return this.#roles;
  }

  /** The next file to fetch; undefined when the walk is over. */
  get want(): Want | undefined {
    const next = this.#ahead.at(-1);
    if (next === undefined) return undefined;
    const meta = this.#set.snapshot?.roles.get(next.role);
    const version = this.#set.root.consistentSnapshot ? meta?.version : undefined;
    return roleWant(next.role, version, meta?.length, limits.targetsBytesMax);
  }

  /**
   * Takes the file that `want` describes.
   * @throws {TrustError} it is not what is wanted, and nothing changed; another route may have it
   */
  offer(bytes: Uint8Array): void {
    const next = this.#ahead.at(-1);
    invariant(next !== undefined, "nothing is offered to a walk that is over");
    const { role, authority } = next;
    this.#set = this.#set.keepRole(role, authority, bytes);
    const targets = this.#set.role(role, authority);
    invariant(targets !== undefined, "what was kept is at hand");
    this.#take(role, targets);
  }

  #take(role: string, targets: Targets): void {
    this.#roles.set(role, targets);
    const { snapshot } = this.#set;
    if (snapshot !== undefined) {
      const roles = targets.delegations.among(snapshot.roles);
      this.#ahead.push(...roles.filter((next) => portable.test(next.role)).toReversed());
    }
    for (let next = this.#ahead.at(-1); next !== undefined; next = this.#ahead.at(-1)) {
      if (!this.#roles.has(next.role)) return;
      this.#ahead.pop();
    }
  }
}
