import { type Instant, invariant, TrustError } from "@causeway/kernel";
import type { Delegation } from "./delegation.ts";
import { limits } from "./limits.ts";
import { MatchingWork } from "./matching-work.ts";
import { storedName } from "./role-names.ts";
import type { Authority } from "./signatures.ts";
import { type TargetFile, toTargetFile } from "./target-file.ts";
import type { Targets } from "./targets.ts";
import type { TrustedSet } from "./trusted-set.ts";
import { type Accepted, roleWant, type Want } from "./want.ts";

/**
 * The pre-order depth-first search for one target (TUF 1.0.34 section 5.6.7), without I/O: fetch
 * what `want` says, `offer` it, persist what was accepted, until there is no want; then `found`
 * is the answer.
 */
export class Lookup {
  readonly #path: string;
  readonly #now: Instant;
  readonly #work: MatchingWork;
  #set: TrustedSet;
  readonly #visited = new Set<string>();
  /** Delegations still to be followed; the next one is the last. */
  readonly #ahead: Delegation[];
  #wanted: Delegation | undefined;
  #found: TargetFile | undefined;
  #vouching: Authority | undefined;
  #fault: TrustError | undefined;

  /**
   * @param set a refreshed one
   * @throws {TrustError} `TRUST_EXPIRED` or `TRUST_MIXED` when the set needs a refresh
   */
  constructor(set: TrustedSet, path: string, now: Instant) {
    set.requireCurrent(now);
    this.#set = set;
    this.#path = path;
    this.#now = now;
    this.#work = new MatchingWork(path);
    const authority = set.root.authorities.targets;
    this.#ahead = [{ role: "targets", authority, isTerminating: false }];
    this.#advance();
  }

  /** As far as the search got. */
  get set(): TrustedSet {
    return this.#set;
  }

  /** The next file to fetch; undefined when the search is over. */
  get want(): Want | undefined {
    if (this.#wanted === undefined) return undefined;
    const { role } = this.#wanted;
    const meta = this.set.snapshot?.roles.get(role);
    const version = this.set.root.consistentSnapshot ? meta?.version : undefined;
    return roleWant(role, version, meta?.length, limits.targetsBytesMax);
  }

  /** Once there is no want: the target, or undefined when no trusted role vouches for it. */
  get found(): TargetFile | undefined {
    return this.#found;
  }

  /** Whose word `found` is. */
  get vouching(): Authority | undefined {
    return this.#vouching;
  }

  /** What ended the search before every role that may speak for the path was asked. */
  get fault(): TrustError | undefined {
    return this.#fault;
  }

  /**
   * Takes the file that `want` describes.
   * @returns what to persist
   * @throws {TrustError} it is not what is wanted, and nothing changed; another route may have it
   */
  offer(bytes: Uint8Array): Accepted {
    invariant(this.#wanted !== undefined, "nothing is offered to a lookup that is over");
    const { role, authority } = this.#wanted;
    this.#set = this.#set.acceptRole(role, authority, bytes, this.#now);
    const targets = this.#set.role(role, authority);
    invariant(targets !== undefined, "what was accepted is at hand");
    this.#wanted = undefined;
    this.#visit(targets, authority);
    this.#advance();
    return { write: [{ name: storedName(role), bytes }], remove: [] };
  }

  #advance(): void {
    while (this.#found === undefined && this.#fault === undefined) {
      const next = this.#ahead.pop();
      if (next === undefined) return;
      if (this.#visited.has(next.role)) continue;
      this.#fault = this.#refusal(next.role);
      if (this.#fault !== undefined) return;
      this.#visited.add(next.role);
      const targets = this.set.role(next.role, next.authority);
      if (targets === undefined || targets.expires <= this.set.trustedTime(this.#now)) {
        this.#wanted = next;
        return;
      }
      this.#visit(targets, next.authority);
    }
  }

  /** Why `role` cannot be visited at all. */
  #refusal(role: string): TrustError | undefined {
    if (this.#visited.size >= limits.rolesVisitedMax) {
      const message = `is vouched for by none of the first ${limits.rolesVisitedMax} roles`;
      return new TrustError("TRUST_LIMIT", this.#path, message);
    }
    if (this.set.snapshot?.roles.has(role) === true) return undefined;
    return new TrustError("TRUST_MIXED", role, "is delegated to, but is not in the snapshot");
  }

  #visit(targets: Targets, authority: Authority): void {
    const entry = targets.entries.get(this.#path);
    if (entry === undefined) {
      this.#follow(targets);
      return;
    }
    this.#vouching = authority;
    this.#found = toTargetFile(this.#path, entry, this.set.root.consistentSnapshot);
    if (this.#found === undefined) {
      const message = "has a hash of unknown kind, or a path that no URL can carry";
      this.#fault = new TrustError("TRUST_MALFORMED", this.#path, message);
    }
  }

  #follow(targets: Targets): void {
    let delegations: readonly Delegation[];
    try {
      delegations = targets.delegations.for(this.#path, this.#work);
    } catch (error) {
      if (!(error instanceof TrustError)) throw error;
      this.#fault = error;
      return;
    }
    // After a terminating delegation nothing that was ahead may speak for the path.
    if (delegations.at(-1)?.isTerminating === true) this.#ahead.length = 0;
    this.#ahead.push(...delegations.toReversed());
  }
}
