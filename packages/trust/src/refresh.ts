import { type Instant, InvariantBroken, invariant } from "@causeway/kernel";
import { requireUnexpired } from "./envelope.ts";
import { limits } from "./limits.ts";
import { routePath, storedName, storedRootName } from "./role-names.ts";
import { isRecovery } from "./root.ts";
import type { TrustedSet } from "./trusted-set.ts";
import { type Accepted, nothingAccepted, roleWant, type Want } from "./want.ts";

type Step = "root" | "timestamp" | "snapshot" | "targets" | "done";

/**
 * One run of the detailed client workflow (TUF 1.0.34 sections 5.3 to 5.6.6), without I/O: fetch
 * what `want` says from any route, `offer` it, persist what was accepted, until there is no want.
 * Each step is all or nothing: what is refused leaves everything as it was.
 */
export class Refresh {
  readonly #now: Instant;
  #set: TrustedSet;
  #step: Step = "root";
  #rotations = 0;

  /**
   * @param now the fixed update start time (section 5.1); every expiry is judged by it, or by the
   *   newest time of signing that is known when that is later
   */
  constructor(set: TrustedSet, now: Instant) {
    this.#set = set;
    this.#now = now;
  }

  /** The trusted set, as far as it got. */
  get set(): TrustedSet {
    return this.#set;
  }

  /** The next file to fetch; undefined when the refresh is finished. */
  get want(): Want | undefined {
    const { root, timestamp, snapshot } = this.#set;
    const version = (role: { readonly version: number } | undefined): number | undefined => {
      return root.consistentSnapshot ? role?.version : undefined;
    };
    switch (this.#step) {
      case "root": {
        const path = routePath("root", root.version + 1);
        return { role: "root", path, lengthMax: limits.rootBytesMax, absence: "final" };
      }
      case "timestamp": {
        const path = routePath("timestamp", undefined);
        const lengthMax = limits.timestampBytesMax;
        return { role: "timestamp", path, lengthMax, absence: "failure" };
      }
      case "snapshot": {
        const meta = timestamp?.snapshot;
        return roleWant("snapshot", version(meta), meta?.length, limits.snapshotBytesMax);
      }
      case "targets": {
        const meta = snapshot?.roles.get("targets");
        return roleWant("targets", version(meta), meta?.length, limits.targetsBytesMax);
      }
      default:
        return undefined;
    }
  }

  /**
   * Takes the file that `want` describes.
   * @returns what to persist now, before the next step
   * @throws {TrustError} it is not what is wanted; another route may have it
   */
  offer(bytes: Uint8Array): Accepted {
    switch (this.#step) {
      case "root":
        return this.#offerRoot(bytes);
      case "timestamp":
        return this.#offerTimestamp(bytes);
      case "snapshot":
        this.#set = this.#set.acceptSnapshot(bytes, this.#now);
        return this.#accepted("snapshot", bytes);
      case "targets": {
        const { authorities } = this.#set.root;
        this.#set = this.#set.acceptRole("targets", authorities.targets, bytes, this.#now);
        return this.#accepted("targets", bytes);
      }
      default:
        throw new InvariantBroken(
          "internal error: nothing is offered to a refresh that is finished",
        );
    }
  }

  /**
   * Tells that the route does not have the next root, so the last one is the newest.
   * @throws {TrustError} `TRUST_EXPIRED` when that one expired: another route may have a newer
   */
  absent(): Accepted {
    invariant(this.#step === "root", "only the next root may be absent");
    // Section 5.3.10.
    requireUnexpired(this.#set.root, this.#set.trustedTime(this.#now), "root");
    this.#step = "timestamp";
    return nothingAccepted;
  }

  #offerRoot(bytes: Uint8Array): Accepted {
    const last = this.#set.root;
    this.#set = this.#set.acceptRoot(bytes);
    const { root } = this.#set;
    this.#rotations++;
    // Section 5.3.3: after Y roots the newest so far has to do; the next refresh goes on.
    if (this.#rotations === limits.rootRotationsMax) this.#step = "timestamp";
    return {
      write: [{ name: storedRootName(root.version), bytes }],
      remove: isRecovery(last, root) ? [storedName("timestamp"), storedName("snapshot")] : [],
    };
  }

  #offerTimestamp(bytes: Uint8Array): Accepted {
    const last = this.#set.timestamp;
    this.#set = this.#set.acceptTimestamp(bytes, this.#now);
    const isNew = this.#set.timestamp !== last;
    const accepted = this.#accepted("timestamp", bytes);
    return isNew ? accepted : nothingAccepted;
  }

  #accepted(role: "timestamp" | "snapshot" | "targets", bytes: Uint8Array): Accepted {
    this.#step = this.#nextStep();
    return { write: [{ name: storedName(role), bytes }], remove: [] };
  }

  /** Local copies that are still the ones and valid are not fetched again. */
  #nextStep(): Step {
    const { snapshot, targets, isSnapshotNewest } = this.#set;
    const at = this.#set.trustedTime(this.#now);
    if (snapshot === undefined || !isSnapshotNewest || snapshot.expires <= at) return "snapshot";
    return targets === undefined || targets.expires <= at ? "targets" : "done";
  }
}
