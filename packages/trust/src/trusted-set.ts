import { type Instant, TrustError } from "@causeway/kernel";
import { type Header, requireUnexpired } from "./envelope.ts";
import { type Kept, keepSnapshot, keepTimestamp, keepUnder } from "./kept.ts";
import { matches, requireMatch } from "./meta-file.ts";
import { unlessRefused } from "./refusal.ts";
import { RoleFiles } from "./role-file.ts";
import { storedName, storedRootName } from "./role-names.ts";
import { isRecovery, type Root, readRoot } from "./root.ts";
import type { Authority } from "./signatures.ts";
import { requireNoRollback, type Snapshot } from "./snapshot.ts";
import type { Targets } from "./targets.ts";
import type { Timestamp } from "./timestamp.ts";

interface Parts {
  readonly root: Root;
  readonly timestamp: Kept<Timestamp> | undefined;
  readonly snapshot: Kept<Snapshot> | undefined;
  readonly roles: RoleFiles;
  readonly now: Instant;
}

/**
 * The metadata that a threshold of trusted keys vouches for: an immutable value. `Refresh` and
 * `Lookup` advance it; each `accept…` is one step of the detailed client workflow, and gives a
 * new set or throws.
 */
export class TrustedSet {
  readonly #parts: Parts;
  #isSnapshotNewest: boolean | undefined; // found out once: it may take a hash

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Builds the set from the state's metadata folder. Every kept root is verified again, from the
   * pinned one on; of the other files, what still verifies is used, and damage is ignored: it
   * will be fetched again.
   * @param stored bytes by file name, as `Accepted` named them
   * @param now judges `isComplete`
   * @throws {TrustError} only when the pinned root itself is no valid root
   */
  static open(
    pinnedRoot: Uint8Array,
    stored: ReadonlyMap<string, Uint8Array>,
    now: Instant,
  ): TrustedSet {
    const root = readRoot(pinnedRoot);
    const roles = new RoleFiles(stored);
    const pinned = new TrustedSet({ root, timestamp: undefined, snapshot: undefined, roles, now });
    const set = withKeptRoots(pinned, stored);
    const { authorities } = set.root;
    const timestamp = stored.get(storedName("timestamp"));
    const snapshot = stored.get(storedName("snapshot"));
    return set.#with({
      timestamp: timestamp && unlessRefused(() => keepTimestamp(timestamp, authorities.timestamp)),
      snapshot: snapshot && unlessRefused(() => keepSnapshot(snapshot, authorities.snapshot)),
    });
  }

  get root(): Root {
    return this.#parts.root;
  }

  /** It may have expired; then it still keeps older ones out. */
  get timestamp(): Timestamp | undefined {
    return this.#parts.timestamp?.document;
  }

  /** It may be older than the timestamp says; then it still keeps older ones out. */
  get snapshot(): Snapshot | undefined {
    return this.#parts.snapshot?.document;
  }

  /** The top-level targets role, when the snapshot is the timestamp's and vouches for it. */
  get targets(): Targets | undefined {
    return this.isSnapshotNewest ? this.role("targets", this.root.authorities.targets) : undefined;
  }

  /** Versions of root, timestamp, snapshot, and all targets roles that were needed so far. */
  versions(): ReadonlyMap<string, number> {
    const versions = new Map([["root", this.root.version]]);
    if (this.timestamp !== undefined) versions.set("timestamp", this.timestamp.version);
    if (this.snapshot !== undefined) versions.set("snapshot", this.snapshot.version);
    void this.targets; // looks at the stored file, if nobody did yet
    for (const [role, version] of this.#parts.roles.versions()) {
      if (this.snapshot?.roles.get(role)?.version === version) versions.set(role, version);
    }
    return versions;
  }

  /** When the first of the four top-level documents expires; undefined while one is missing. */
  get expires(): Instant | undefined {
    const headers = this.#headers();
    if (headers === undefined) return undefined;
    return Math.min(...headers.map(([, { expires }]) => expires));
  }

  /** Whether lookups work without a refresh, judged at the set's reference time. */
  get isComplete(): boolean {
    return (this.expires ?? -Infinity) > this.trustedTime(this.#parts.now);
  }

  /** The newest time of signing that the documents tell, if the publisher writes it. */
  get newestSignedAt(): Instant | undefined {
    return latest(this.#known().flatMap(({ signedAt }) => signedAt ?? []));
  }

  /** When the last of the documents that are known expires: the publisher looked ahead so far. */
  get lastExpiry(): Instant {
    return latest(this.#known().map(({ expires }) => expires)) ?? this.root.expires;
  }

  /**
   * The time by which expiry is judged when a clock says `now`: never before the newest time of
   * signing. It goes with the documents, so it outlives a crash, and when a new root takes away a
   * stolen timestamp key, it lets go of a future that the thief signed.
   */
  trustedTime(now: Instant): Instant {
    return Math.max(now, this.newestSignedAt ?? now);
  }

  /** Whether the snapshot is the very one that the timestamp describes. */
  get isSnapshotNewest(): boolean {
    this.#isSnapshotNewest ??= this.#matchesTimestamp();
    return this.#isSnapshotNewest;
  }

  /**
   * Returns when lookups may use the set at the trusted time that `now` gives.
   * @throws {TrustError} `TRUST_EXPIRED`; `TRUST_MIXED` when a document is missing or another
   *   one's: a refresh helps
   */
  requireCurrent(now: Instant): void {
    const headers = this.#headers();
    if (headers === undefined) {
      throw new TrustError("TRUST_MIXED", "targets", "is not known yet; refresh first");
    }
    const at = this.trustedTime(now);
    for (const [role, header] of headers) requireUnexpired(header, at, role);
  }

  /** A targets role that is at hand and vouched for; it may have expired. */
  role(role: string, authority: Authority): Targets | undefined {
    const meta = this.snapshot?.roles.get(role);
    return meta === undefined ? undefined : this.#parts.roles.find(role, authority, meta);
  }

  /**
   * Sections 5.3.4 to 5.3.8 and 5.3.11. The root may have expired: a newer one may follow.
   * @throws {TrustError} `TRUST_THRESHOLD`, `TRUST_VERSION`, `TRUST_ROLLBACK` and those of reading
   */
  acceptRoot(bytes: Uint8Array): TrustedSet {
    const last = this.root;
    const next = readRoot(bytes, last.authorities.root);
    if (next.version !== last.version + 1) {
      const code = next.version <= last.version ? "TRUST_ROLLBACK" : "TRUST_VERSION";
      throw new TrustError(code, "root", `is version ${next.version}, not ${last.version + 1}`);
    }
    if (isRecovery(last, next)) {
      return this.#with({ root: next, timestamp: undefined, snapshot: undefined });
    }
    const { timestamp, snapshot } = this.#parts;
    return this.#with({
      root: next,
      timestamp: keepUnder(timestamp, next.authorities.timestamp),
      snapshot: keepUnder(snapshot, next.authorities.snapshot),
    });
  }

  /**
   * Section 5.4. A timestamp of the version that is trusted already gives this very set.
   * @throws {TrustError} `TRUST_THRESHOLD`, `TRUST_ROLLBACK`, `TRUST_EXPIRED` and those of reading
   */
  acceptTimestamp(bytes: Uint8Array, now: Instant): TrustedSet {
    const at = this.trustedTime(now);
    requireUnexpired(this.root, at, "root"); // section 5.3.10
    const timestamp = keepTimestamp(bytes, this.root.authorities.timestamp);
    const { document: next } = timestamp;
    const last = this.timestamp;
    if (last !== undefined && next.version <= last.version) {
      if (next.version < last.version) throw rolledBack("timestamp", next.version, last.version);
      requireUnexpired(last, at, "timestamp");
      return this.#with({ now });
    }
    // The snapshot's own version counts too: the file of the last timestamp may have been lost.
    const snapshotMin = Math.max(last?.snapshot.version ?? 0, this.snapshot?.version ?? 0);
    if (next.snapshot.version < snapshotMin) {
      throw rolledBack("snapshot", next.snapshot.version, snapshotMin);
    }
    requireUnexpired(next, at, "timestamp");
    const set = this.#with({ timestamp, now });
    requireUnexpired(this.root, set.trustedTime(now), "root"); // it may tell a later time
    return set;
  }

  /**
   * Section 5.5.
   * @throws {TrustError} `TRUST_MISMATCH`, `TRUST_THRESHOLD`, `TRUST_VERSION`, `TRUST_ROLLBACK`,
   *   `TRUST_EXPIRED` and those of reading
   */
  acceptSnapshot(bytes: Uint8Array, now: Instant): TrustedSet {
    const meta = this.timestamp?.snapshot;
    if (meta === undefined) throw new TrustError("TRUST_MIXED", "snapshot", "has no timestamp");
    requireMatch(bytes, meta, "snapshot");
    const snapshot = keepSnapshot(bytes, this.root.authorities.snapshot);
    const { document: next } = snapshot;
    if (next.version !== meta.version) {
      const message = `is version ${next.version}, not ${meta.version} as the timestamp says`;
      throw new TrustError("TRUST_VERSION", "snapshot", message);
    }
    if (this.snapshot !== undefined) requireNoRollback(this.snapshot, next);
    requireUnexpired(next, this.trustedTime(now), "snapshot");
    return this.#with({ snapshot, now });
  }

  /**
   * Section 5.6, for the top-level targets role as for a delegated one.
   * @throws {TrustError} `TRUST_MISMATCH`, `TRUST_THRESHOLD`, `TRUST_VERSION`, `TRUST_EXPIRED` and
   *   those of reading; `TRUST_MIXED` when the snapshot does not list the role
   */
  acceptRole(role: string, authority: Authority, bytes: Uint8Array, now: Instant): TrustedSet {
    return this.#takeRole(role, authority, bytes, (targets) => {
      requireUnexpired(targets, this.trustedTime(now), role);
    });
  }

  /** As `acceptRole`; it may have expired: whoever carries it for others leaves that to them. */
  keepRole(role: string, authority: Authority, bytes: Uint8Array): TrustedSet {
    return this.#takeRole(role, authority, bytes, () => undefined);
  }

  #takeRole(
    role: string,
    authority: Authority,
    bytes: Uint8Array,
    check: (targets: Targets) => void,
  ): TrustedSet {
    const meta = this.snapshot?.roles.get(role);
    if (meta === undefined) throw new TrustError("TRUST_MIXED", role, "is not in the snapshot");
    return this.#with({ roles: this.#parts.roles.accept(role, bytes, { authority, meta }, check) });
  }

  #matchesTimestamp(): boolean {
    const { snapshot } = this.#parts;
    const meta = this.timestamp?.snapshot;
    if (snapshot === undefined || snapshot.document.version !== meta?.version) return false;
    return matches(snapshot.bytes, meta);
  }

  /** Of the four top-level documents, those at hand. */
  #known(): readonly Header[] {
    const { root, timestamp, snapshot, targets } = this;
    return [root, timestamp, snapshot, targets].filter((header) => header !== undefined);
  }

  #headers(): readonly (readonly [string, Header])[] | undefined {
    const { root, timestamp, snapshot, targets } = this;
    if (timestamp === undefined || snapshot === undefined || targets === undefined)
      return undefined;
    return Object.entries({ root, timestamp, snapshot, targets });
  }

  #with(parts: Partial<Parts>): TrustedSet {
    return new TrustedSet({ ...this.#parts, ...parts });
  }
}

function withKeptRoots(pinned: TrustedSet, stored: ReadonlyMap<string, Uint8Array>): TrustedSet {
  let last = pinned;
  for (;;) {
    const bytes = stored.get(storedRootName(last.root.version + 1));
    const next = bytes && unlessRefused(() => last.acceptRoot(bytes));
    if (next === undefined) return last;
    last = next;
  }
}

function latest(times: readonly Instant[]): Instant | undefined {
  return times.length === 0 ? undefined : Math.max(...times);
}

function rolledBack(role: string, version: number, trusted: number): TrustError {
  const message = `is version ${version}; version ${trusted} is trusted already`;
  return new TrustError("TRUST_ROLLBACK", role, message);
}
