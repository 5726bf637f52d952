import { join, resolve } from "node:path";
import { HostError, hashedTargetPath, type Instant, Interrupted } from "@causeway/kernel";
import { type Config, configFrom, readConfig, readConfigText } from "../config/config.ts";
import { writeConfig } from "../config/write-config.ts";
import { fileLength, removeTree, writeAllDurably } from "../disk/files.ts";
import { takeLock } from "../disk/lock.ts";
import type { SignedDocument } from "../documents/document.ts";
import { Keyring } from "../keys/keyring.ts";
import type { ListedPending } from "../keys/list.ts";
import { type Log, silent } from "../log.ts";
import { bringOut } from "../publish/bring-out.ts";
import { refuseClockBehind } from "../publish/check-clock.ts";
import { nextRoutes } from "../publish/next-routes.ts";
import { refuseOldCopy } from "../publish/old-copy.ts";
import type { PublishOptions } from "../publish/publish.ts";
import { type Published, publishedEntries, readPublished } from "../publish/published.ts";
import { type PublishResult, patchCount, roleVersions } from "../publish/result.ts";
import { type SignContext, signOnline } from "../publish/sign.ts";
import type { Documents } from "../publish/tree.ts";
import { VendorFolder } from "../vendor-folder.ts";
import { listed, type RouteChange, routeChanges } from "./changes.ts";
import type { RouteEdit } from "./edit.ts";
import { editedText } from "./edited-text.ts";
import { type MadeList, makeRouteList } from "./make-list.ts";
import { dropWaitingLists, listedWaiting, waitingFor, writeWaitingList } from "./waiting-list.ts";

export interface RoutesResult extends PublishResult {
  /** What the signed list says now and did not before; also what was changed by hand. */
  readonly changes: readonly RouteChange[];
  /**
   * Set when nothing is public yet: the changed list waits in this file for signatures of keys that
   * are elsewhere. Once it has them, the same call, a publish or a refresh brings it out.
   */
  readonly waiting?: ListedPending;
}

/**
 * Changes one route in causeway.yaml, signs the list of routes, snapshot and timestamp, and brings
 * them to every carrier. Needs the keys of these three alone, and publishes nothing else that
 * waits. With too few of the keys of routes, but one, the change is prepared: `waiting`. Safe to kill
 * at any instant: the same call, or a publish, ends in the same state. With nothing to change it
 * brings what is public to carriers that lack it.
 * @throws {UsageError} `USAGE_ARGUMENT`, `CONFIG_MALFORMED`, `KEY_MISSING`, `KEY_PASSPHRASE`
 * @throws {HostError} `HOST_BUSY`; `HOST_CORRUPT_STATE` when another copy of the folder has
 *   published since: then nothing is changed; `HOST_CLOCK`, …
 */
export async function editRoutes(
  dir: string,
  edit: RouteEdit,
  options: PublishOptions,
): Promise<RoutesResult> {
  const folder = new VendorFolder(resolve(dir));
  await readConfig(folder.config);
  const lock = takeLock(folder.lock);
  const scratch = [folder.work, join(folder.repository, ".incoming")];
  try {
    for (const path of scratch) await removeTree(path);
    return await new RoutesEditing(folder, options).run(edit);
  } finally {
    for (const path of scratch) await removeTree(path).catch(() => undefined); // the next run does it
    lock.release();
  }
}

class RoutesEditing {
  readonly #folder: VendorFolder;
  readonly #options: PublishOptions;
  readonly #log: Log;
  readonly #now: Instant;

  constructor(folder: VendorFolder, options: PublishOptions) {
    this.#folder = folder;
    this.#options = options;
    this.#log = options.log ?? silent;
    this.#now = (options.now ?? Date.now)();
  }

  async run(edit: RouteEdit): Promise<RoutesResult> {
    const folder = this.#folder;
    const text = await readConfigText(folder.config);
    const edited = await editedText(folder, text, edit);
    const config = await configFrom(edited, folder.config);
    const published = await this.#published(config);
    const given = "isGiven" in edit && edit.isGiven ? edit.id : undefined;
    const waiting = await waitingFor(folder, published, this.#log);
    const options = { given, waiting: waiting.all[0]?.list };
    const list = await makeRouteList(folder, config, published, this.#log, options);
    const keyring = await this.#keyring();
    const keys = published.delegatedKeys.routes;
    const context = { expiryMs: config.expiryMs, keyring, now: this.#now };
    const next = await nextRoutes(published, list.entry, { ...context, keys, waiting });
    const documents = next.isComplete
      ? await this.#sign(published, next.document, context)
      : undefined;
    if (this.#options.signal?.aborted === true) throw new Interrupted();
    // Only now: a key that is missing, or stays locked, must leave everything as it was.
    await list.keep();
    if (edited !== text) {
      const isSecret = config.allRoutes.some(({ shard }) => shard !== undefined);
      await writeConfig(folder, edited, isSecret);
    }
    const changes = routeChanges(list.before.map(listed), list.after.map(listed));
    if (documents === undefined) {
      return this.#wait(config, published, list, next.document, changes);
    }
    const path = `targets/${hashedTargetPath(list.entry.path, list.entry.sha256)}`;
    const bytes = await this.#place(join(folder.repository, path), list.bytes);
    const bring = { check: [list.entry], now: this.#now, bytes, hasOtherRoutes: true };
    const result = await bringOut(folder, config, documents, bring, this.#options);
    await dropWaitingLists(folder, { out: next.document.version }, this.#log);
    return { ...result, changes };
  }

  /** Leaves the list where it waits for signatures; what is public stays. */
  async #wait(
    config: Config,
    published: Published,
    list: MadeList,
    document: SignedDocument,
    changes: readonly RouteChange[],
  ): Promise<RoutesResult> {
    const folder = this.#folder;
    await writeWaitingList(folder, document, list.bytes);
    const out = published.versions.get("routes") ?? 0;
    await dropWaitingLists(folder, { kept: document.version, out }, this.#log);
    return {
      repository: config.name,
      versions: roleVersions(published),
      patches: patchCount(publishedEntries(published.delegated)),
      routes: [],
      changes,
      waiting: listedWaiting(folder, document, published.delegatedKeys.routes),
    };
  }

  async #published(config: Config): Promise<Published> {
    const published = await readPublished(this.#folder.repository);
    const { signal, carrierStallMs: stallMs, isClockRight } = this.#options;
    if (isClockRight !== true) refuseClockBehind(published.timestamp, this.#now);
    for (const role of published.versions.keys()) {
      if (role === "targets" || published.delegated.has(role)) continue;
      const what = `${role}.json in repository/metadata is missing or damaged`;
      throw new HostError("HOST_CORRUPT_STATE", `${what}; run causeway publish, which mends it.`);
    }
    await refuseOldCopy(config, published, { stallMs, signal, log: this.#log });
    return published;
  }

  #keyring(): Promise<Keyring> {
    const { passphrase, signers } = this.#options;
    const extra = signers === undefined ? {} : { signers };
    return Keyring.open(this.#folder, { passphrase, log: this.#log, ...extra });
  }

  async #sign(
    published: Published,
    document: SignedDocument,
    context: Pick<SignContext, "expiryMs" | "keyring" | "now">,
  ): Promise<Documents> {
    const { roots, targets, topKeys } = published;
    const delegated = new Map([...published.delegated, ["routes", document] as const]);
    const how = { ...context, onProgress: () => undefined };
    const online = await signOnline(published, topKeys, targets, delegated, how);
    return { roots, targets, delegated, ...online };
  }

  async #place(path: string, bytes: Uint8Array): Promise<number> {
    if ((await fileLength(path)) === bytes.length) return 0;
    const scratch = join(this.#folder.repository, ".incoming");
    await writeAllDurably([{ path, bytes }], { scratch });
    return bytes.length;
  }
}
