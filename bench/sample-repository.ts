import { generateKeyPairSync, type KeyObject } from "node:crypto";
import type { JsonInput } from "@causeway/kernel";
import { allBins, binnedRoles } from "../packages/publisher/src/documents/bins.ts";
import { type SignedDocument, signDocument } from "../packages/publisher/src/documents/document.ts";
import { encodeRoot, type TopKeys } from "../packages/publisher/src/documents/root.ts";
import type { TargetEntry } from "../packages/publisher/src/documents/target-entry.ts";
import { encodeTargets } from "../packages/publisher/src/documents/targets.ts";
import { Keyring } from "../packages/publisher/src/keys/keyring.ts";
import { keySigner, type Signer } from "../packages/publisher/src/keys/signer.ts";
import type { RoleKeys } from "../packages/publisher/src/keys/tuf-key.ts";
import {
  type Before,
  nothingBefore,
  routeListFile,
  type SignContext,
  signDelegated,
  signOnline,
  signRoutes,
} from "../packages/publisher/src/publish/sign.ts";
import { type Documents, treeOf } from "../packages/publisher/src/publish/tree.ts";
import { VendorFolder } from "../packages/publisher/src/vendor-folder.ts";

const day = 86_400_000;
const expiryMs = {
  root: 365 * day,
  targets: 365 * day,
  patches: 365 * day,
  routes: 365 * day,
  snapshot: 7 * day,
  timestamp: day,
};

/** Nothing to build on, but versions of three digits, as after years of publishing. */
const longBefore: Before = {
  ...nothingBefore,
  versions: new Map(
    [...binnedRoles.map(({ name }) => name), "routes", ...allBins].map((name) => [name, 120]),
  ),
};

/** A vendor's keys and what they signed offline, in memory. */
export class SampleVendor {
  readonly #root: SignedDocument;
  readonly #targets: SignedDocument;
  readonly #topKeys: TopKeys;
  readonly #delegatedKeys: { readonly patches: RoleKeys; readonly routes: RoleKeys };
  readonly #context: SignContext;

  private constructor(
    offline: readonly [SignedDocument, SignedDocument],
    topKeys: TopKeys,
    delegatedKeys: { readonly patches: RoleKeys; readonly routes: RoleKeys },
    context: SignContext,
  ) {
    [this.#root, this.#targets] = offline;
    this.#topKeys = topKeys;
    this.#delegatedKeys = delegatedKeys;
    this.#context = context;
  }

  /** As `init` does: the root has three keys, of which two sign. */
  static async make(): Promise<SampleVendor> {
    const fresh = (): KeyObject => generateKeyPairSync("ed25519").privateKey;
    const rootSigners = [1, 2, 3].map(() => keySigner(fresh()));
    const names = ["targets", "patches", "routes", "snapshot", "timestamp"] as const;
    const [targets, patches, routes, snapshot, timestamp] = names.map(() => keySigner(fresh()));
    if (!targets || !patches || !routes || !snapshot || !timestamp) throw new Error("no keys");
    const topKeys: TopKeys = {
      root: keysOf(rootSigners, 2),
      targets: keysOf([targets], 1),
      snapshot: keysOf([snapshot], 1),
      timestamp: keysOf([timestamp], 1),
    };
    const delegatedKeys = { patches: keysOf([patches], 1), routes: keysOf([routes], 1) };
    const keyring = await Keyring.open(new VendorFolder("/nowhere"), {
      passphrase: () => Promise.resolve(""),
      log: () => undefined,
      signers: [...rootSigners, targets, patches, routes, snapshot, timestamp],
    });
    const now = Date.now(); // tuf-js has no clock but the system's
    const end = now + 365 * day;
    const root = (version: number, expires: number): JsonInput => {
      return encodeRoot(version, expires, topKeys);
    };
    const top = (version: number, expires: number): JsonInput => {
      return encodeTargets(version, expires, delegatedKeys);
    };
    const offline = [
      await signDocument(root, 1, end, rootSigners.slice(0, 2)),
      await signDocument(top, 1, end, [targets]),
    ] as const;
    const context = { expiryMs, keyring, now, onProgress: () => undefined };
    return new SampleVendor(offline, topKeys, delegatedKeys, context);
  }

  /** Signs what changed, as `publish` does. */
  async sign(entries: readonly TargetEntry[], last?: Documents): Promise<Documents> {
    const before: Before =
      last === undefined
        ? longBefore
        : {
            ...last,
            versions: new Map([...last.delegated].map(([name, { version }]) => [name, version])),
            written: new Map(),
          };
    const list = routeListFile({ routes: [], pollSeconds: undefined }, undefined, 0).entry;
    const targets = this.#targets;
    const keys = this.#delegatedKeys;
    const routes = await signRoutes(before, keys.routes, list, this.#context);
    const delegated = await signDelegated(before, keys, entries, routes, this.#context);
    const online = await signOnline(before, this.#topKeys, targets, delegated, this.#context);
    return { roots: [this.#root], targets, delegated, ...online };
  }
}

/** What a route has below `metadata/`. */
export function metadataFiles(documents: Documents): ReadonlyMap<string, Uint8Array> {
  const { metadata, roots, timestamp } = treeOf(documents, []);
  return new Map(
    [...metadata, ...roots, timestamp].map(({ path, bytes }) => {
      return [path.slice("metadata/".length), bytes];
    }),
  );
}

function keysOf(signers: readonly Signer[], threshold: number): RoleKeys {
  return { keys: new Map(signers.map((signer) => [signer.keyId, signer.publicKey])), threshold };
}
