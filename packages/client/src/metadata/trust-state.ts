import { HostError, type Instant, type Store, TrustError, UsageError } from "@causeway/kernel";
import { type Accepted, limits, storedName, storedRootName, TrustedSet } from "@causeway/trust";

const pinFile = "pinned-root.json";
const folder = "metadata";
const routeListFile = "route-list.json"; // `routes.json` is what the client itself found of routes

/** What a state folder trusts. Whoever opens it holds the folder's lock. */
export class TrustState {
  readonly #store: Store;
  readonly #pin: Uint8Array;
  readonly #files: Map<string, Uint8Array>;
  #pinned: boolean;
  #set: TrustedSet;
  /** Another root than the pinned one that the caller says to trust, not met in the chain yet. */
  #claimed: Uint8Array | undefined;

  private constructor(
    store: Store,
    roots: { readonly pin: Uint8Array; readonly pinned: boolean; readonly claimed?: Uint8Array },
    files: Map<string, Uint8Array>,
    set: TrustedSet,
  ) {
    this.#store = store;
    this.#pin = roots.pin;
    this.#pinned = roots.pinned;
    this.#claimed = roots.claimed;
    this.#files = files;
    this.#set = set;
  }

  /**
   * Reads the state and verifies it anew from its first root. What is damaged counts as missing,
   * and what nothing vouches for is not even read, however much of it lies in the folder.
   * @param trust the root that the caller trusts; needed until something was accepted under it
   * @throws {UsageError} `USAGE_TRUST_MISSING`, or `USAGE_ARGUMENT` when `trust` is no root
   * @throws {HostError} `HOST_CORRUPT_STATE` when the pinned root itself is damaged
   */
  static async open(
    store: Store,
    trust: Uint8Array | undefined,
    now: Instant,
  ): Promise<TrustState> {
    const pin = await store.read(pinFile, limits.rootBytesMax);
    const pinned = pin && openPinned(pin, now);
    if (pin !== undefined && pinned !== undefined) {
      const { files, set } = await readKept(store, pin, pinned, now);
      const claimed = trust === undefined || same(trust, pin) ? {} : { claimed: trust };
      return new TrustState(store, { pin, pinned: true, ...claimed }, files, set);
    }
    if (trust === undefined) throw pin === undefined ? trustMissing() : pinDamaged(store);
    const { files, set } = await readKept(store, trust, openGiven(trust, now), now);
    return new TrustState(store, { pin: trust, pinned: false }, files, set);
  }

  get set(): TrustedSet {
    return this.#set;
  }

  /** The roots that are trusted: the pinned one and those that followed from it, by version. */
  get roots(): ReadonlyMap<number, Uint8Array> {
    const last = this.#set.root.version;
    const roots: (readonly [number, Uint8Array])[] = [];
    for (let version = last; ; version--) {
      const bytes = this.#files.get(storedRootName(version));
      roots.unshift([version, bytes ?? this.#pin]);
      if (bytes === undefined) return new Map(roots);
    }
  }

  /** The document of a top-level role that is not root, as it was kept. */
  document(role: "timestamp" | "snapshot" | "targets"): Uint8Array | undefined {
    return this.#files.get(storedName(role));
  }

  /** The file of a delegated role, as an earlier run kept it; nothing vouches for it yet. */
  async readRole(role: string): Promise<Uint8Array | undefined> {
    return readUndamaged(this.#store, `${folder}/${storedName(role)}`, limits.targetsBytesMax);
  }

  /** The vendor's list of routes, as an earlier run kept it; nothing vouches for it yet. */
  async readRouteList(lengthMax: number): Promise<Uint8Array | undefined> {
    return readUndamaged(this.#store, routeListFile, lengthMax);
  }

  async keepRouteList(bytes: Uint8Array): Promise<void> {
    await this.#store.write(routeListFile, bytes);
  }

  /**
   * Makes `set` the trusted one, file by file in the order in which its parts were accepted, so
   * that a cut in between leaves a state that was trusted on the way.
   */
  async accept(set: TrustedSet, steps: readonly Accepted[]): Promise<void> {
    if (!this.#pinned) {
      await this.#store.write(pinFile, this.#pin);
      this.#pinned = true;
    }
    for (const { write, remove } of steps) {
      for (const { name, bytes } of write) {
        await this.#write(name, bytes);
        this.#files.set(name, bytes);
      }
      for (const name of remove) {
        await this.#store.remove(`${folder}/${name}`);
        this.#files.delete(name);
      }
    }
    this.#set = set;
  }

  /**
   * Writes what is trusted again if somebody removed the state meanwhile. Delegated roles that this
   * run did not fetch are missing then, and are fetched when they are wanted.
   * @throws {HostError}
   */
  async restore(): Promise<void> {
    if (!this.#pinned || (await this.#store.read(pinFile, limits.rootBytesMax))) return;
    await this.#store.write(pinFile, this.#pin);
    for (const [name, bytes] of this.#files) await this.#write(name, bytes);
  }

  /**
   * Returns when the root that the caller named is the pinned one or followed from it.
   * @throws {UsageError} `USAGE_TRUST_CONFLICT`
   */
  requireClaimedRoot(): void {
    const claimed = this.#claimed;
    // Only verified files are ever kept, so a root among them is one of the chain.
    if (claimed === undefined) return;
    if ([...this.#files.values()].some((file) => same(file, claimed))) return;
    const text =
      "the state was pinned to another root than --trust names; " +
      "use another --state folder for another vendor.";
    throw new UsageError("USAGE_TRUST_CONFLICT", text);
  }

  async #write(name: string, bytes: Uint8Array): Promise<void> {
    await this.#store.write(`${folder}/${name}`, bytes);
  }
}

function trustMissing(): UsageError {
  const text = "no trusted root yet; give the vendor's root.json once with --trust.";
  return new UsageError("USAGE_TRUST_MISSING", text);
}

function pinDamaged(store: Store): HostError {
  const file = store.pathOf?.(pinFile) ?? pinFile;
  const text = `${file} is damaged; give the vendor's root.json again with --trust.`;
  return new HostError("HOST_CORRUPT_STATE", text);
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

interface Kept {
  readonly files: Map<string, Uint8Array>;
  readonly set: TrustedSet;
}

/** The roots that follow from `root` one by one, and the other three top-level documents. */
async function readKept(
  store: Store,
  root: Uint8Array,
  set: TrustedSet,
  now: Instant,
): Promise<Kept> {
  const files = new Map<string, Uint8Array>();
  for (let last = set; ; ) {
    const name = storedRootName(last.root.version + 1);
    const bytes = await readUndamaged(store, `${folder}/${name}`, limits.rootBytesMax);
    const next = bytes && unlessRefused(() => last.acceptRoot(bytes));
    if (bytes === undefined || next === undefined) break;
    files.set(name, bytes);
    last = next;
  }
  for (const [role, lengthMax] of [
    ["timestamp", limits.timestampBytesMax],
    ["snapshot", limits.snapshotBytesMax],
    ["targets", limits.targetsBytesMax],
  ] as const) {
    const bytes = await readUndamaged(store, `${folder}/${storedName(role)}`, lengthMax);
    if (bytes !== undefined) files.set(storedName(role), bytes);
  }
  return { files, set: TrustedSet.open(root, files, now) };
}

async function readUndamaged(
  store: Store,
  name: string,
  lengthMax: number,
): Promise<Uint8Array | undefined> {
  try {
    return await store.read(name, lengthMax);
  } catch (error) {
    if (error instanceof HostError && error.code === "HOST_CORRUPT_STATE") return undefined;
    throw error;
  }
}

function openGiven(trust: Uint8Array, now: Instant): TrustedSet {
  try {
    return TrustedSet.open(trust, new Map(), now);
  } catch (cause) {
    if (!(cause instanceof TrustError)) throw cause;
    const text = `--trust names no usable root (${cause.message}); get root.json from the vendor.`;
    throw new UsageError("USAGE_ARGUMENT", text, { cause });
  }
}

function openPinned(pin: Uint8Array, now: Instant): TrustedSet | undefined {
  return unlessRefused(() => TrustedSet.open(pin, new Map(), now));
}

/** @returns undefined when `read` throws a TrustError: a refused copy is as good as none */
export function unlessRefused<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof TrustError) return undefined;
    throw error;
  }
}
