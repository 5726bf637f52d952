import { createHash } from "node:crypto";
import { canonicalJson, type JsonInput, toUtcSecond } from "@causeway/kernel";
import { makeKey, type TestKey } from "./test-key.ts";

/** The fixed time that tests call now. */
export const now = Date.UTC(2030, 0, 1);
export const day = 24 * 60 * 60 * 1000;

export interface RoleDocument {
  keyids: string[];
  threshold: number;
}

export interface MetaDocument {
  version: number;
  length?: number;
  hashes?: Record<string, string>;
}

export interface DelegatedRoleDocument extends RoleDocument {
  name: string;
  terminating: boolean;
  paths?: string[];
  path_hash_prefixes?: string[];
}

export interface DelegationsDocument {
  keys: Record<string, TestKey["document"]>;
  roles?: DelegatedRoleDocument[];
  succinct_roles?: RoleDocument & { bit_length: number; name_prefix: string };
}

export interface TargetDocument {
  length: number;
  hashes: Record<string, string>;
  custom?: JsonInput;
}

interface SignedDocument {
  _type: string;
  spec_version: string;
  version: number;
  expires: string;
  [extra: string]: unknown;
}

export interface RootDocument extends SignedDocument {
  consistent_snapshot?: boolean;
  keys: Record<string, TestKey["document"]>;
  roles: Record<string, RoleDocument>;
}

export interface MetaListDocument extends SignedDocument {
  meta: Record<string, MetaDocument>;
}

export interface TargetsDocument extends SignedDocument {
  targets: Record<string, TargetDocument>;
  delegations?: DelegationsDocument;
}

const topLevel = ["root", "timestamp", "snapshot", "targets"];

/**
 * A repository in memory. A test edits the documents as it likes, right or wrong, and
 * `publish` signs them with the role's signers and puts them where clients look.
 */
export class TestRepository {
  readonly root: RootDocument;
  readonly timestamp: MetaListDocument;
  readonly snapshot: MetaListDocument;
  /** `targets` and the delegated roles. */
  readonly roles = new Map<string, TargetsDocument>();
  readonly signers = new Map<string, TestKey[]>();
  /** Every signed file of a role, in the order of publishing. */
  readonly published = new Map<string, Uint8Array[]>();
  readonly artifacts = new Map<string, Uint8Array>();
  /** Whether timestamp and snapshot carry length and hashes of what they list. */
  listsHashes = false;

  constructor() {
    const keys: RootDocument["keys"] = {};
    this.root = { ...header("root"), consistent_snapshot: true, keys, roles: {} };
    this.timestamp = { ...header("timestamp"), meta: {} };
    this.snapshot = { ...header("snapshot"), meta: {} };
    this.roles.set("targets", emptyTargets());
    for (const role of topLevel) {
      this.root.roles[role] = { keyids: [], threshold: 1 };
      this.addKey(role);
    }
    this.publish("root", "targets", "snapshot", "timestamp");
  }

  get targets(): TargetsDocument {
    return this.role("targets");
  }

  role(name: string): TargetsDocument {
    const role = this.roles.get(name);
    if (role === undefined) throw new Error(`the test has no role ${name}`);
    return role;
  }

  /** The first root that was published: what clients are pinned to. */
  get firstRoot(): Uint8Array {
    return this.bytes("root", 1);
  }

  /** Adds a key to a top-level role and signs with it from now on. */
  addKey(role: string, key: TestKey = makeKey()): TestKey {
    this.root.keys[key.keyid] = key.document;
    this.root.roles[role]?.keyids.push(key.keyid);
    this.signers.set(role, [...(this.signers.get(role) ?? []), key]);
    return key;
  }

  /** Takes all keys of a top-level role away and adds one new. */
  rotateKeys(role: string): void {
    this.root.roles[role] = { keyids: [], threshold: 1 };
    this.signers.set(role, []);
    this.addKey(role);
  }

  addTarget(path: string, content: string | Uint8Array, role = "targets"): void {
    const bytes = Buffer.from(content);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    this.role(role).targets[path] = { length: bytes.length, hashes: { sha256 } };
    this.artifacts.set(path, bytes);
  }

  /** Makes `delegator` trust a new role; its document is published with `publish(name)`. */
  delegate(
    delegator: string,
    name: string,
    change: Partial<DelegatedRoleDocument> = { paths: ["*"] },
  ): void {
    const delegations = (this.role(delegator).delegations ??= { keys: {}, roles: [] });
    const key = this.signers.get(name)?.[0] ?? makeKey();
    delegations.keys[key.keyid] = key.document;
    const role = { name, keyids: [key.keyid], threshold: 1, terminating: false, ...change };
    delegations.roles?.push(role);
    this.signers.set(name, [key]);
    if (!this.roles.has(name)) this.roles.set(name, emptyTargets());
  }

  delegateToBins(delegator: string, bitLength: number, prefix: string): void {
    const key = makeKey();
    const bins = { keyids: [key.keyid], threshold: 1, bit_length: bitLength, name_prefix: prefix };
    this.role(delegator).delegations = {
      keys: { [key.keyid]: key.document },
      succinct_roles: bins,
    };
    const digits = (2 ** bitLength - 1).toString(16).length;
    for (let bin = 0; bin < 2 ** bitLength; bin++) {
      const name = `${prefix}-${bin.toString(16).padStart(digits, "0")}`;
      this.roles.set(name, emptyTargets());
      this.signers.set(name, [key]);
    }
  }

  /** Signs the documents as they are; each gets the next version, but the first keeps its own. */
  publish(...roles: readonly string[]): void {
    for (const role of roles) {
      const document = this.#document(role);
      if (this.published.has(role)) document.version += 1;
      this.publishBytes(role, this.sign(document, this.signers.get(role) ?? []));
    }
  }

  /** As `publish`, of what every refresh needs. */
  publishAll(): void {
    this.publish("targets", "snapshot", "timestamp");
  }

  /** Puts a file of a role where clients look, and lists it. */
  publishBytes(role: string, bytes: Uint8Array): void {
    const { version } = this.#document(role);
    this.published.set(role, [...(this.published.get(role) ?? []), bytes]);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const meta = this.listsHashes
      ? { version, length: bytes.length, hashes: { sha256 } }
      : { version };
    if (role === "snapshot") this.timestamp.meta["snapshot.json"] = meta;
    if (this.roles.has(role)) this.snapshot.meta[`${role}.json`] = meta;
  }

  sign(document: object, keys: readonly TestKey[]): Uint8Array {
    const signed = document as { [name: string]: JsonInput };
    const message = canonicalJson(signed);
    const signatures = keys.map((key) => ({ keyid: key.keyid, sig: key.sign(message) }));
    return Buffer.from(JSON.stringify({ signatures, signed }));
  }

  bytes(role: string, version?: number): Uint8Array {
    const bytes = this.published.get(role)?.at(version === undefined ? -1 : version - 1);
    if (bytes === undefined) throw new Error(`the test published no ${role} ${version ?? ""}`);
    return bytes;
  }

  /** What a route has at `path`, below its root; undefined when it has nothing there. */
  fetch(path: string): Uint8Array | undefined {
    const [, folder, name = ""] = /^(metadata|targets)\/(.*)$/.exec(path) ?? [];
    if (folder === "targets") return this.#artifact(name);
    const [, version, quoted = ""] = /^(?:(\d+)\.)?(.*)\.json$/.exec(name) ?? [];
    const files = this.published.get(decodeURIComponent(quoted));
    return version === undefined ? files?.at(-1) : files?.[Number(version) - 1];
  }

  #artifact(name: string): Uint8Array | undefined {
    const path = decodeURIComponent(name);
    if (this.root.consistent_snapshot !== true) return this.artifacts.get(path);
    return this.artifacts.get(path.replace(/[0-9a-f]+\.([^/]*)$/, "$1"));
  }

  #document(role: string): SignedDocument {
    if (role === "root") return this.root;
    if (role === "timestamp") return this.timestamp;
    if (role === "snapshot") return this.snapshot;
    return this.role(role);
  }
}

function emptyTargets(): TargetsDocument {
  return { ...header("targets"), targets: {} };
}

export function utc(instant: number): string {
  return toUtcSecond(instant);
}

function header(type: string): SignedDocument {
  return { _type: type, spec_version: "1.0.34", version: 1, expires: utc(now + 30 * day) };
}
