import { createHash } from "node:crypto";
import {
  hashedTargetPath,
  type Instant,
  invariant,
  type JsonInput,
  routeListPath,
  toUtcSecond,
  type Version,
} from "@causeway/kernel";
import { signedAtField } from "@causeway/trust";
import { type ListedHost, routeListFile } from "./list.ts";
import { type ProductLine, patchFiles } from "./patch-files.ts";
import { type PatchTargets, type PublishedPatch, patchTargets } from "./patch-role.ts";
import { header, keysOf, type RoleKeys, roleKeys, roleOf, sign } from "./sign.ts";
import type { VendorKey } from "./vendor-key.ts";

export type Role = "root" | "timestamp" | "snapshot" | "targets" | "patches" | "routes";

/** A document that the vendor signed at some time. */
export interface SignedDocument {
  readonly role: Role;
  readonly version: number;
  /** How often the keys of timestamp or snapshot were taken away before: versions start anew. */
  readonly epoch: number;
  readonly expires: Instant;
}

/** One state that routes may carry. */
export interface VendorState {
  readonly number: number;
  readonly timestamp: Uint8Array;
  /** Versions that it consists of. */
  readonly versions: Readonly<Record<Role, number>>;
}

/** How long what the vendor signs is good for. */
export interface Lifetimes {
  readonly timestampMs: number;
  readonly snapshotMs: number;
  readonly targetsMs: number;
  readonly rootMs: number;
}

/** What changes from one state to the next; when nothing does, the timestamp is renewed. */
export interface Publication {
  readonly patch?: boolean;
  /** Roles whose keys are replaced; needs a new root, or new targets for `patches`. */
  readonly rotate?: readonly Exclude<Role, "routes">[];
  /** Versions of timestamp and snapshot leap so far: a thief has their keys. */
  readonly leap?: number;
  /** The list of routes from now on. */
  readonly list?: readonly ListedHost[];
}

/** A list of routes that was out. */
export interface PublishedList {
  readonly hosts: readonly ListedHost[];
  readonly bytes: Uint8Array;
}

/** Publishes state after state, and keeps all of them: honest routes and liars draw on it. */
export class Vendor {
  readonly states: VendorState[] = [];
  readonly patches: PublishedPatch[] = [];
  readonly #lifetimes: Lifetimes;
  readonly #line: ProductLine;
  readonly #roles: Record<Role, RoleKeys>;
  #lastToBeStolen: VendorKey | undefined;
  readonly #files = new Map<string, { readonly bytes: Uint8Array; readonly since: number }>();
  readonly #signed = new Map<string, SignedDocument>();
  readonly #versions: Record<Role, number>;
  readonly #generations: Record<Role, number>;
  #patchTargets: PatchTargets = { targets: {}, files: new Map() };
  #list: readonly ListedHost[] | undefined;
  readonly #lists: PublishedList[] = [];
  #epoch = 0;
  /** The last epoch of each timestamp key that was taken away. */
  readonly #lastEpochs = new Map<VendorKey, number>();
  #snapshotSignedAt = 0;

  constructor(
    line: ProductLine,
    lifetimes: Lifetimes,
    rootKeys: { count: number; threshold: number },
  ) {
    this.#line = line;
    this.#lifetimes = lifetimes;
    this.#versions = { root: 0, timestamp: 0, snapshot: 0, targets: 0, patches: 0, routes: 0 };
    this.#generations = { ...this.#versions };
    const names = Array.from({ length: rootKeys.count }, (_, index) => `root ${index}`);
    this.#roles = {
      root: roleKeys(rootKeys.threshold, ...names),
      timestamp: roleKeys(1, "timestamp 0"),
      snapshot: roleKeys(1, "snapshot 0"),
      targets: roleKeys(1, "targets 0"),
      patches: roleKeys(1, "patches 0"),
      routes: roleKeys(1, "routes 0"),
    };
  }

  /** The first root: what machines were sold with. */
  get trust(): Uint8Array {
    const root = this.#files.get("metadata/1.root.json")?.bytes;
    invariant(root !== undefined, "a vendor publishes before anybody trusts it");
    return root;
  }

  get newest(): VendorState {
    const state = this.states.at(-1);
    invariant(state !== undefined, "a vendor has published something");
    return state;
  }

  /** The number of the newest patch. */
  get newestPatch(): number {
    return this.patches.length - 1;
  }

  /** What a route has at `path` that carries state number `state`. */
  file(path: string, state: number): Uint8Array | undefined {
    if (path === "metadata/timestamp.json") return this.states[state]?.timestamp;
    const file = this.#files.get(path);
    return file !== undefined && file.since <= state ? file.bytes : undefined;
  }

  /** What the vendor signed, by its very bytes; undefined when these are not its own. */
  document(bytes: Uint8Array): SignedDocument | undefined {
    return this.#signed.get(digest(bytes));
  }

  /** The number of the patch of these bytes; undefined when they are no patch. */
  patchOf(bytes: Uint8Array): number | undefined {
    const lengths = this.patches.some(({ files }) => files.bytes.length === bytes.length);
    const sha256 = lengths ? digest(bytes) : "";
    const number = this.patches.findIndex(({ files }) => files.sha256 === sha256);
    return number < 0 ? undefined : number;
  }

  /**
   * A timestamp which names an old snapshot, of the version that is out or of one so far `ahead`:
   * what a thief of the key can make. The vendor knows nothing of it.
   */
  forgeTimestamp(key: VendorKey, now: Instant, state: number, ahead: number): Uint8Array {
    const { timestamp, snapshot } = this.states[state]?.versions ?? this.newest.versions;
    const version = timestamp + ahead;
    const older = Math.max(1, snapshot - 1);
    const path = `metadata/${older}.snapshot.json`;
    const named = this.file(path, state) === undefined ? snapshot : older;
    const expires = now + this.#lifetimes.timestampMs;
    const signed = { ...header("timestamp", version, expires), ...this.#timestampOf(now, named) };
    const bytes = sign(signed, { keys: [key], threshold: 1 });
    const epoch = this.#lastEpochs.get(key) ?? this.#epoch;
    this.#signed.set(digest(bytes), { role: "timestamp", version, epoch, expires });
    return bytes;
  }

  /** All lists of routes that were out, the newest last. */
  get lists(): readonly PublishedList[] {
    return this.#lists;
  }

  /** Whether any list names the host to who has these keys of shards. */
  isListed(name: string, shards: ReadonlySet<number>): boolean {
    return this.#lists.some(({ hosts }) => {
      return hosts.some((host) => {
        return host.name === name && (host.shard === undefined || shards.has(host.shard));
      });
    });
  }

  /** Signs lists and announcements. */
  get routesKey(): VendorKey {
    const [key] = this.#roles.routes.keys;
    invariant(key !== undefined, "every role has a key");
    return key;
  }

  /** What a thief takes who has got hold of it now. */
  get timestampKey(): VendorKey {
    const key = this.#lastToBeStolen ?? this.#roles.timestamp.keys[0];
    invariant(key !== undefined, "every role has a key");
    return key;
  }

  /** New keys cannot be stolen any more; that of this moment still can. */
  lockUp(): void {
    this.#lastToBeStolen = this.timestampKey;
  }

  /** Makes the next state. */
  publish(now: Instant, publication: Publication = {}): void {
    const rotate = publication.rotate ?? [];
    const isFirst = this.states.length === 0;
    if (publication.patch === true || isFirst) this.#addPatch(now);
    const inRoot = rotate.filter((role) => role !== "patches");
    if (isFirst || inRoot.length > 0) this.#signRoot(now, inRoot);
    const isFirstList = publication.list !== undefined && this.#list === undefined;
    this.#list = publication.list ?? this.#list;
    const isRotated = rotate.includes("patches");
    if (isRotated) this.#replaceKeys("patches");
    if (isFirst || isFirstList || isRotated || rotate.includes("targets")) this.#signTargets(now);
    if (publication.list !== undefined) this.#signRoutes(now);
    if (publication.patch === true || isFirst || isRotated) this.#signPatches(now);
    const leap = publication.leap ?? 0;
    this.#versions.snapshot += leap;
    this.#versions.timestamp += leap;
    const isDue = now > this.#snapshotSignedAt + this.#lifetimes.snapshotMs / 3;
    const isRenewal = Object.keys(publication).length === 0;
    if (isFirst || isDue || !isRenewal) this.#signSnapshot(now);
    const timestamp = this.#signTimestamp(now, this.#versions.snapshot);
    const versions = { ...this.#versions };
    this.states.push({ number: this.states.length, timestamp, versions });
  }

  #addPatch(now: Instant): void {
    const number = this.patches.length;
    const version = `${number + 1}.0` as Version;
    this.patches.push({ version, releasedAt: now, files: patchFiles(this.#line, number) });
    this.#patchTargets = patchTargets(this.patches);
    for (const [path, bytes] of this.#patchTargets.files) this.#put(path, bytes);
  }

  #replaceKeys(role: Role): RoleKeys {
    const generation = ++this.#generations[role];
    const { keys, threshold } = this.#roles[role];
    // Of several keys one is replaced: the next root needs the old threshold too.
    const names = keys.map((_, index) => `${role} ${generation}.${index}`).slice(0, 1);
    const fresh = roleKeys(threshold, ...names).keys;
    this.#roles[role] = { threshold, keys: [...keys.slice(fresh.length), ...fresh] };
    return this.#roles[role];
  }

  #signRoot(now: Instant, rotate: readonly Exclude<Role, "routes">[]): void {
    const last = this.#roles.root;
    const { keys: old } = this.#roles.timestamp;
    if (rotate.includes("timestamp")) for (const key of old) this.#lastEpochs.set(key, this.#epoch);
    for (const role of rotate) this.#replaceKeys(role);
    if (rotate.includes("timestamp") || rotate.includes("snapshot")) {
      this.#epoch++;
      // What a thief signed does not count any more, so neither do its versions.
      this.#versions.timestamp %= leapUnit;
      this.#versions.snapshot %= leapUnit;
    }
    const { root, timestamp, snapshot, targets } = this.#roles;
    const roles = {
      root: roleOf(root),
      timestamp: roleOf(timestamp),
      snapshot: roleOf(snapshot),
      targets: roleOf(targets),
    };
    const keys = keysOf([root, timestamp, snapshot, targets]);
    const more = { consistent_snapshot: true, keys, roles };
    this.#sign("root", now + this.#lifetimes.rootMs, more, last);
  }

  #signTargets(now: Instant): void {
    const { patches, routes } = this.#roles;
    const delegate = (name: string, keys: RoleKeys, ...paths: readonly string[]): JsonInput => {
      return { name, paths, terminating: true, ...roleOf(keys) };
    };
    const roles = [delegate("patches", patches, "patches/*/*/*/*", "products/*")];
    if (this.#list !== undefined) roles.push(delegate("routes", routes, routeListPath));
    const keys = keysOf(this.#list === undefined ? [patches] : [patches, routes]);
    const delegations = { keys, roles };
    this.#sign("targets", now + this.#lifetimes.targetsMs, { targets: {}, delegations });
  }

  #signPatches(now: Instant): void {
    const { targets } = this.#patchTargets;
    this.#sign("patches", now + this.#lifetimes.targetsMs, { targets });
  }

  #signRoutes(now: Instant): void {
    const hosts = this.#list ?? [];
    const { bytes, sha256 } = routeListFile(hosts, this.#versions.routes + 1);
    this.#lists.push({ hosts, bytes });
    this.#put(`targets/${hashedTargetPath(routeListPath, sha256)}`, bytes);
    const targets = { [routeListPath]: { length: bytes.length, hashes: { sha256 } } };
    this.#sign("routes", now + this.#lifetimes.targetsMs, { targets });
  }

  #signSnapshot(now: Instant): void {
    this.#snapshotSignedAt = now;
    const { targets, patches, routes } = this.#versions;
    const meta = {
      "targets.json": { version: targets },
      "patches.json": { version: patches },
      ...(routes > 0 && { "routes.json": { version: routes } }),
    };
    this.#sign("snapshot", now + this.#lifetimes.snapshotMs, { meta });
  }

  #signTimestamp(now: Instant, version: number): Uint8Array {
    const more = this.#timestampOf(now, version);
    return this.#sign("timestamp", now + this.#lifetimes.timestampMs, more);
  }

  #timestampOf(now: Instant, version: number): { readonly [name: string]: JsonInput } {
    const snapshot = this.#files.get(`metadata/${version}.snapshot.json`)?.bytes;
    invariant(snapshot !== undefined, "a timestamp names a snapshot that is published");
    const hashes = { sha256: digest(snapshot) };
    const described = { version, length: snapshot.length, hashes };
    return { [signedAtField]: toUtcSecond(now), meta: { "snapshot.json": described } };
  }

  #sign(
    role: Role,
    expires: Instant,
    more: { readonly [name: string]: JsonInput },
    ...others: readonly RoleKeys[]
  ): Uint8Array {
    const version = ++this.#versions[role];
    const type = role === "patches" || role === "routes" ? "targets" : role;
    const signed = { ...header(type, version, expires), ...more };
    const bytes = sign(signed, this.#roles[role], ...others);
    this.#signed.set(digest(bytes), { role, version, epoch: this.#epoch, expires });
    if (role !== "timestamp") this.#put(`metadata/${version}.${role}.json`, bytes);
    return bytes;
  }

  #put(path: string, bytes: Uint8Array): void {
    const since = this.states.length;
    if (!this.#files.has(path)) this.#files.set(path, { bytes, since });
  }
}

/** Leaps of a thief are of this many versions, so that they can be told from the vendor's own. */
export const leapUnit = 1_000_000;

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
