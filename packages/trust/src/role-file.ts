import { TrustError } from "@causeway/kernel";
import { Envelope } from "./envelope.ts";
import { limits } from "./limits.ts";
import { type MetaFile, requireMatch } from "./meta-file.ts";
import { unlessRefused } from "./refusal.ts";
import { storedName } from "./role-names.ts";
import type { Authority } from "./signatures.ts";
import { readTargets, type Targets } from "./targets.ts";

/** One targets document. It is read once, and its signatures are checked once per authority. */
class RoleFile {
  readonly #bytes: Uint8Array;
  readonly #role: string;
  #read: { readonly envelope: Envelope; readonly targets: Targets } | undefined;
  #matched: MetaFile | undefined;
  #signedBy: Authority | undefined;

  constructor(bytes: Uint8Array, role: string) {
    this.#bytes = bytes;
    this.#role = role;
  }

  /** The version, once somebody's signatures were found good; undefined before. */
  get version(): number | undefined {
    return this.#signedBy === undefined ? undefined : this.#read?.targets.version;
  }

  /**
   * The document, when the snapshot's `meta` and the delegator's `authority` vouch for it
   * (TUF 1.0.34 sections 5.6.2 to 5.6.4). It may have expired.
   * @throws {TrustError}
   */
  trusted(authority: Authority, meta: MetaFile): Targets {
    if (this.#matched !== meta) requireMatch(this.#bytes, meta, this.#role);
    this.#matched = meta;
    this.#read ??= this.#parse();
    const { envelope, targets } = this.#read;
    if (this.#signedBy !== authority) envelope.requireSignedBy(authority);
    this.#signedBy = authority;
    if (targets.version !== meta.version) {
      const message = `is version ${targets.version}, not ${meta.version} as the snapshot says`;
      throw new TrustError("TRUST_VERSION", this.#role, message);
    }
    return targets;
  }

  #parse(): { readonly envelope: Envelope; readonly targets: Targets } {
    const envelope = new Envelope(this.#bytes, "targets", this.#role, limits.targetsBytesMax);
    return { envelope, targets: readTargets(envelope, this.#role) };
  }
}

/**
 * The targets documents that are at hand: those of the state's folder and those that came since.
 * Lying here means nothing: whoever asks names the snapshot's entry and the delegator's
 * authority, and gets a document only if both vouch for it.
 */
export class RoleFiles {
  readonly #stored: ReadonlyMap<string, Uint8Array>;
  /** Grows as stored files are read; what a role's file is never changes. */
  readonly #files: Map<string, RoleFile>;

  constructor(
    stored: ReadonlyMap<string, Uint8Array>,
    files: ReadonlyMap<string, RoleFile> = new Map(),
  ) {
    this.#stored = stored;
    this.#files = new Map(files);
  }

  /** Undefined when there is none, or what is there is damaged, of another version or unsigned. */
  find(role: string, authority: Authority, meta: MetaFile): Targets | undefined {
    let file = this.#files.get(role);
    if (file === undefined) {
      const bytes = this.#stored.get(storedName(role));
      if (bytes === undefined) return undefined;
      file = new RoleFile(bytes, role);
      this.#files.set(role, file);
    }
    return unlessRefused(() => file.trusted(authority, meta));
  }

  /**
   * Takes in a document that arrived.
   * @returns the documents with this one in place of the role's last
   * @param check refuses it for a further reason, by throwing
   * @throws {TrustError}
   */
  accept(
    role: string,
    bytes: Uint8Array,
    trust: { readonly authority: Authority; readonly meta: MetaFile },
    check: (targets: Targets) => void,
  ): RoleFiles {
    const file = new RoleFile(bytes, role);
    const targets = file.trusted(trust.authority, trust.meta);
    check(targets);
    return new RoleFiles(this.#stored, new Map(this.#files).set(role, file));
  }

  /** Versions of the documents whose signatures were found good, by role. */
  *versions(): Iterable<[string, number]> {
    for (const [role, { version }] of this.#files) {
      if (version !== undefined) yield [role, version];
    }
  }
}
